// Cases with two stores over the same records, each with its own connection and cache, as two processes
// would have. They reveal what an in-process lock hides.

import type { UncachedRead } from '../../contract/capabilities.ts'
import type { Awaitable, SessionRecord, SessionStore } from '../../contract/store.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** The context of a case about two processes. */
export interface ProcessContext extends StoreCaseContext {
  /** The other process's store over the same records. */
  readonly peer: SessionStore
}

/** Defines a case about two processes that use the same records; `peer` belongs to the other one. */
export function processCase(
  name: string,
  run: (context: ProcessContext) => Promise<void>,
  requires: NonNullable<StoreCase['requires']> = [],
): StoreCase {
  return {
    name: `across processes: ${name}`,
    requires: ['peer', ...requires],
    run({ peer, ...context }) {
      if (!peer) throw new TypeError('this case needs a peer: storeCaseContext(store, { peer })')
      return run({ ...context, peer })
    },
  }
}

/** Reads past any cache, which may show what another process did only after a while. */
export function readNewest(
  store: SessionStore,
  key: string,
  now: number,
): Awaitable<SessionRecord | undefined> {
  const { readUncached } = store as Partial<UncachedRead>
  return readUncached ? readUncached.call(store, key, now) : store.read(key, now)
}
