// Deliberate races. All calls start in the same turn of the event loop, so that a store which waits
// anywhere between reading and writing is interleaved with the others there.

import type { Awaitable } from '../contract/store.ts'

/** Starts `act` on every item before waiting for any, and resolves to the results in the same order. */
export function runConcurrently<Item, Result>(
  items: readonly Item[],
  act: (item: Item, index: number) => Awaitable<Result>,
): Promise<Result[]> {
  return Promise.all(items.map(async (item, index) => act(item, index)))
}
