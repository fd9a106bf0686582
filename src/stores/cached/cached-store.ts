// A store around a store, whose reads come from memory for a short while. Everything that decides goes to
// the inner store: commits, and the read after a conflict. So no promise about writes is weakened; only
// what another process did is seen later.

import type {
  BoundedStaleness,
  Closable,
  Enumerable,
  EvictionNotice,
  ExpirySweep,
  InvalidationNotice,
  Pingable,
  UncachedRead,
  UserIndex,
} from '../../contract/capabilities.ts'
import type { SessionStore } from '../../contract/store.ts'
import { createOptionError } from '../../options.ts'
import { readCachedOptions } from './cached-options.ts'
import type { CachedStoreOptions } from './cached-options.ts'
import { passOnCapabilities } from './pass-on-capabilities.ts'
import { forgetAround, forgetEvicted, readThrough } from './past-cache.ts'
import { RecordCache } from './record-cache.ts'

/**
 * What a store around another has of it beyond the five verbs: its capabilities, and what a
 * {@link BasicStore} says of itself.
 */
type PassedOn =
  | keyof UserIndex
  | keyof ExpirySweep
  | keyof Enumerable
  | keyof EvictionNotice
  | keyof Closable
  | keyof Pingable
  | 'atomicity'

/**
 * A store with a cache: it has the capabilities of the inner store, `readUncached`, and `maxStaleness` as
 * a warning.
 */
export type CachedStore<Inner extends SessionStore> = SessionStore &
  UncachedRead &
  BoundedStaleness &
  Pick<Inner, Extract<keyof Inner, PassedOn>>

/**
 * Serves reads from this process's memory for up to `ttl` after the record was read from the store.
 * Commits, touches, deletions and the read after a conflict always reach the store, so no write is lost.
 *
 * What this process writes it sees at once. What another process does shows up within `ttl`: a session
 * that was ended there, by logout or revocation, may still be read here for so long, but can no longer be
 * written. A store that reports changes, as `redisStore` does when its client tracks them, shortens that to
 * the time a message takes, as long as the connection works.
 *
 * Absent sessions are not cached: a session that another process has just created is found. Reads from
 * memory are no use of a session in the eyes of a store that evicts.
 *
 * @throws {@link SessionConfigError} for an unknown or unacceptable option, and for what is not a store.
 *
 * @example
 * ```ts
 * const store = cachedStore(sqliteStore('sessions.sqlite'), { ttl: '2s' })
 * ```
 */
export function cachedStore<Inner extends SessionStore>(
  store: Inner,
  options: CachedStoreOptions = {},
): CachedStore<Inner> {
  const settings = readCachedOptions(options)
  assertStore(store)
  const cache = new RecordCache(settings)
  const inner: SessionStore & Partial<UncachedRead & BoundedStaleness & InvalidationNotice> = store
  inner.onInvalidation?.((key) => (key === undefined ? cache.clear() : cache.drop(key)))
  // Past the inner store's own cache or replica as well: it may lag behind what this process has written.
  const read: SessionStore['read'] = (inner.readUncached ?? inner.read).bind(inner)
  const cached: SessionStore & UncachedRead & BoundedStaleness = {
    maxStaleness: settings.ttl + (inner.readUncached ? 0 : (inner.maxStaleness ?? 0)),
    create: (record, now, limit) =>
      forgetEvicted(cache, record.owner, limit, (asked) => inner.create(record, now, asked)),
    read: (key, now) => cache.find(key, now) ?? readThrough(cache, key, now, () => read(key, now)),
    readUncached: (key, now) => readThrough(cache, key, now, () => read(key, now)),
    commit: (key, expected, change, now, limit) =>
      forgetAround(
        () =>
          forgetEvicted(cache, change.owner, limit, (asked) =>
            inner.commit(key, expected, change, now, asked),
          ),
        () => cache.drop(key),
      ),
    touch: (key, lastSeenAt, idleExpiresAt, now) =>
      forgetAround(
        () => inner.touch(key, lastSeenAt, idleExpiresAt, now),
        () => cache.drop(key),
      ),
    delete: (key, owner) =>
      forgetAround(
        () => inner.delete(key, owner),
        () => cache.drop(key),
      ),
  }
  return Object.assign(cached, passOnCapabilities(store, cache)) as CachedStore<Inner>
}

/** Such as a client, or the promise of a store. */
function assertStore(store: SessionStore): void {
  if (typeof (Object(store) as Partial<SessionStore>).commit !== 'function')
    throw createOptionError('cachedStore', store, 'a store')
}
