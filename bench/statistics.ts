/** The middle of a series, and between what its middle half lies. */
export interface Quartiles {
  readonly lower: number
  readonly median: number
  readonly upper: number
}

export function findQuartiles(series: readonly number[]): Quartiles {
  const sorted = series.toSorted((left, right) => left - right)
  return { lower: pickAt(sorted, 0.25), median: pickAt(sorted, 0.5), upper: pickAt(sorted, 0.75) }
}

export function formatQuartiles({ lower, median, upper }: Quartiles, digits = 2): string[] {
  return [median.toFixed(digits), `${lower.toFixed(digits)} … ${upper.toFixed(digits)}`]
}

function pickAt(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
