// The first few of many in order, without sorting the many: a user with a hundred thousand sessions opens a
// page that shows a hundred.

/**
 * The smallest `count` of the accepted items, sorted. Takes one pass and, for items in any but descending order, few
 * moves.
 */
export function smallestOf<Item>(
  items: Iterable<Item>,
  count: number,
  isAccepted: (item: Item) => boolean,
  compare: (one: Item, other: Item) => number,
): Item[] {
  const smallest: Item[] = []
  for (const item of items) {
    if (!isAccepted(item)) continue
    const largest = smallest.length < count ? undefined : smallest.at(-1)
    if (largest !== undefined && compare(item, largest) >= 0) continue
    smallest.splice(findPlace(smallest, item, compare), 0, item)
    if (smallest.length > count) smallest.pop()
  }
  return smallest
}

/** Where an item belongs among sorted ones, after its equals. */
function findPlace<Item>(
  sorted: readonly Item[],
  item: Item,
  compare: (one: Item, other: Item) => number,
): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(sorted[middle] as Item, item) <= 0) low = middle + 1
    else high = middle
  }
  return low
}
