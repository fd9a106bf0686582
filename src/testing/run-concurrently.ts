// Races on purpose. All acts begin in one turn of the event loop; a store that waits anywhere
// between its look and its write then meets the others there.

import type { Awaitable } from '../store.ts'

/** Acts on all items at once and waits for all of them. */
export function runConcurrently<Item, Result>(
  items: readonly Item[],
  act: (item: Item, index: number) => Awaitable<Result>,
): Promise<Result[]> {
  return Promise.all(items.map(async (item, index) => act(item, index)))
}
