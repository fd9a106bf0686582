// What the inner store can do beyond the five verbs, the cached store can do as well. The manager finds
// capabilities by their methods, so a method that the inner store lacks must be absent here too.

import type { UserIndex } from '../../contract/capabilities.ts'
import type { SessionStore } from '../../contract/store.ts'
import { forgetAround } from './past-cache.ts'
import type { RecordCache } from './record-cache.ts'

/** What is passed on as it is: nothing here changes a record that may be cached. */
const unchanged: readonly string[] = [
  'listByUser',
  'countByUser',
  'sweepEvery',
  'sweep',
  'enumerate',
  'onEviction',
  'ping',
  'close',
  'atomicity',
]

/** The capabilities of a store, those that end sessions with what it takes to forget them. */
export function passOnCapabilities(store: SessionStore, cache: RecordCache): object {
  const members: Record<string, unknown> = {}
  for (const name of unchanged) {
    const member: unknown = Reflect.get(store, name)
    if (member !== undefined) members[name] = typeof member === 'function' ? member.bind(store) : member
  }
  return hasUserIndex(store) ? Object.assign(members, forgetEnded(store, cache)) : members
}

function hasUserIndex(store: SessionStore): store is SessionStore & UserIndex {
  return typeof Reflect.get(store, 'listByUser') === 'function'
}

/** The verbs of a user index that end sessions. */
function forgetEnded(
  index: UserIndex,
  cache: RecordCache,
): Pick<UserIndex, 'deleteByHandle' | 'deleteByUser'> {
  return {
    deleteByHandle: (owner, handle, now) =>
      forgetAround(
        () => index.deleteByHandle(owner, handle, now),
        () => cache.dropSessions(undefined, [handle]),
      ),
    // Everything: whose a session is may have changed since it was cached.
    deleteByUser: (owner, step, now) =>
      forgetAround(
        () => index.deleteByUser(owner, step, now),
        () => cache.clear(),
      ),
  }
}
