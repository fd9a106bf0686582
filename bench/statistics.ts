/** A median, and between what the figures lie. */
export interface Range {
  readonly lower: number
  readonly median: number
  readonly upper: number
}

/** The middle of a series, and between what its middle half lies. */
export function findQuartiles(series: readonly number[]): Range {
  const sorted = series.toSorted((left, right) => left - right)
  return { lower: pickAt(sorted, 0.25), median: pickAt(sorted, 0.5), upper: pickAt(sorted, 0.75) }
}

export function formatRange({ lower, median, upper }: Range, digits = 2): string[] {
  return [median.toFixed(digits), `${lower.toFixed(digits)} … ${upper.toFixed(digits)}`]
}

/**
 * Between what the ratio of two medians lies with 95 % confidence. The series are paired: rounds are
 * drawn again and again, each with both of its figures.
 */
export function findRatioInterval(series: readonly number[], base: readonly number[]): Range {
  const ratios = Array.from({ length: 2000 }, () => {
    const drawn = series.map(() => Math.floor(Math.random() * series.length))
    return findMedian(drawn.map((round) => series[round])) / findMedian(drawn.map((round) => base[round]))
  })
  const sorted = ratios.toSorted((left, right) => left - right)
  const median = findMedian(series) / findMedian(base)
  return { lower: pickAt(sorted, 0.025), median, upper: pickAt(sorted, 0.975) }
}

function findMedian(series: readonly (number | undefined)[]): number {
  return findQuartiles(series.map((value) => value ?? Number.NaN)).median
}

function pickAt(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
