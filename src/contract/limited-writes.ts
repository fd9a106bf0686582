// How stores keep a user's sessions within a limit. The contract has one verb for a creation and one for a commit, each
// with a limit or without, so that whoever wraps a verb sees every call. A store writes the two cases apart.

import { whenReady } from '../awaitable.ts'
import type {
  Awaitable,
  ExpectedVersion,
  RecordChange,
  SessionLimit,
  SessionRecord,
  SessionStore,
} from './store.ts'

/** What became of a write that keeps a user's sessions within a limit. */
export interface LimitedWrite {
  /** What the verb answers. */
  readonly isWritten: boolean
  /** The handles of the live sessions that it has ended. Empty when it did not write. */
  readonly evicted: readonly string[]
}

/** The two verbs with a limit, as a store writes them: one atomic step each. */
export interface LimitedWrites {
  /** `create` for a record with an owner. */
  createWithin(record: SessionRecord, limit: number, now: number): Awaitable<LimitedWrite>
  /** `commit` for a change with an owner. Never ends the session of `key`. */
  commitWithin(
    key: string,
    expected: ExpectedVersion,
    change: RecordChange,
    limit: number,
    now: number,
  ): Awaitable<LimitedWrite>
}

/** Completes a store: its `create` and `commit` take a limit, and the two methods behind that are gone. */
export function joinLimits<Store extends SessionStore>(store: Store & LimitedWrites): Store {
  const { create, commit, createWithin, commitWithin } = store
  const joined: Pick<SessionStore, 'create' | 'commit'> = {
    create: (record, now, limit) =>
      limit === undefined ? create(record, now) : tell(createWithin(record, limit.most, now), limit),
    commit: (key, expected, change, now, limit) =>
      limit === undefined
        ? commit(key, expected, change, now)
        : tell(commitWithin(key, expected, change, limit.most, now), limit),
  }
  for (const name of ['createWithin', 'commitWithin']) Reflect.deleteProperty(store, name)
  return Object.assign(store, joined)
}

/** The reverse: the verbs of a store with a limit as two methods, which answer whom they have ended. */
export function splitLimits(store: Pick<SessionStore, 'create' | 'commit'>): LimitedWrites {
  return {
    createWithin: (record, most, now) => gather(most, (limit) => store.create(record, now, limit)),
    commitWithin: (key, expected, change, most, now) =>
      gather(most, (limit) => store.commit(key, expected, change, now, limit)),
  }
}

function tell(write: Awaitable<LimitedWrite>, { onEviction }: SessionLimit): Awaitable<boolean> {
  const conclude = ({ isWritten, evicted }: LimitedWrite): boolean => {
    for (const handle of evicted) onEviction(handle)
    return isWritten
  }
  return whenReady(write, conclude)
}

function gather(most: number, write: (limit: SessionLimit) => Awaitable<boolean>): Awaitable<LimitedWrite> {
  const evicted: string[] = []
  const answer = write({ most, onEviction: (handle) => void evicted.push(handle) })
  return whenReady(answer, (isWritten) => ({ isWritten, evicted }))
}
