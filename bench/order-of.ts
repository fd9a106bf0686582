/** Rotated, and backwards in every other round: nobody keeps a place or a predecessor. */
export function orderOf<Item>(items: readonly Item[], round: number): Item[] {
  const start = round % items.length
  const rotated = [...items.slice(start), ...items.slice(0, start)]
  return round % 2 === 0 ? rotated : rotated.toReversed()
}
