// What a store may offer beyond the five verbs of store.ts. Each capability is a separate interface
// that a store implements in full or not at all. The type of a store shows which it has; the manager
// detects them at run time by the names of their methods.

import type { Awaitable, SessionRecord } from './store.ts'

/** Where a page of {@link UserIndex.listByUser} ended: the last of its sessions. */
export type ListPosition = Pick<SessionRecord, 'endsAt' | 'handle'>

/** What a list shows of a record: everything but the data and what opens the session or orders its commits. */
export type ListedRecord = Omit<
  SessionRecord,
  'data' | 'verifierHash' | 'previousVerifierHash' | 'graceUntil' | 'commitIds'
>

/** Sessions that a step of {@link UserIndex.deleteByUser} has ended. */
export interface EndedSessions {
  /** The handles of those that were live. */
  readonly handles: readonly string[]
  /** To be passed to the next step. Absent when nothing is left. */
  readonly cursor?: string | undefined
}

/**
 * Capability: finds and ends the sessions of a user, for the manager's `list`, `revoke`, `revokeOthers` and
 * `revokeAll`. It goes by the record's `owner`. The index may still contain ended sessions, but never omits a
 * live one. A store with this capability keeps the {@link SessionLimit} that `create` and `commit` are given.
 */
export interface UserIndex {
  /**
   * One page of the live records of a user, at most `limit`, without reading their data. Sorted by
   * `endsAt`, and those that end at the same instant in an order of their handles that stays the same;
   * the page begins after `after`. A damaged record is included with its key, its handle and `format` 0.
   */
  listByUser(
    owner: string,
    page: { readonly limit: number; readonly after?: ListPosition | undefined },
    now: number,
  ): Awaitable<readonly ListedRecord[]>
  /** How many live records a user has. */
  countByUser(owner: string, now: number): Awaitable<number>
  /**
   * Removes the records of a user with this handle, even damaged ones. Mostly there is one; a creation whose
   * answer was lost may have left a second. Returns whether a live one was removed.
   */
  deleteByHandle(owner: string, handle: string, now: number): Awaitable<boolean>
  /**
   * One step of removing all records of a user, even damaged ones, except the one with the key `except`.
   * Removes as many as take neither long nor much memory; to be repeated with the `cursor` of its answer
   * until there is none. Every record that belonged to the user at the first step is then removed, and no
   * concurrent commit or touch brings one back. A record that a concurrent commit binds to another user
   * is kept.
   */
  deleteByUser(
    owner: string,
    step: { readonly except?: string | undefined; readonly cursor?: string | undefined },
    now: number,
  ): Awaitable<EndedSessions>
}

/**
 * Capability: removes expired records, for stores whose database does not. The manager calls `sweep`
 * every `sweepEvery` milliseconds, and repeats the call at once while there is more to examine.
 */
export interface ExpirySweep {
  /** How often the manager should sweep, in milliseconds. */
  readonly sweepEvery: number
  /**
   * One step of a sweep: examines at most `limit` records and removes those that expired at or before
   * `before`, except any that a concurrent commit or touch extends. Returns whether there is more to
   * examine.
   */
  sweep(before: number, limit: number): Awaitable<boolean>
}

/**
 * One page of {@link Enumerable.enumerate}. An empty page is not necessarily the last: only the cursor
 * tells.
 */
export interface RecordPage {
  /** Live records in any order, at most `limit`. */
  readonly records: readonly SessionRecord[]
  /** Where the next page starts. Absent on the last one. */
  readonly cursor?: string | undefined
}

/**
 * Capability: enumerates all live records, page by page. A record that is live throughout is
 * returned at least once.
 */
export interface Enumerable {
  /** The page at `cursor`, which comes from the previous page; `undefined` for the first page. */
  enumerate(cursor: string | undefined, limit: number, now: number): Awaitable<RecordPage>
}

/**
 * Capability: reads past any cache, as is needed after a conflict. Without it, `read` is assumed to
 * be up to date.
 */
export interface UncachedRead {
  /** Like `read`, but reflects the last commit of any process. */
  readUncached(key: string, now: number): Awaitable<SessionRecord | undefined>
}

/**
 * What a store with a cache says of itself: a `read` may miss what another process did a moment ago, but
 * never what this one did. Without it, `read` is assumed to be up to date.
 */
export interface BoundedStaleness {
  /**
   * For how long at most, in milliseconds: a `read` at `now` reflects all that any process had committed
   * by `now - maxStaleness`.
   */
  readonly maxStaleness: number
}

/** Capability: reports which records have changed, for caches around the store. */
export interface InvalidationNotice {
  /**
   * Calls `listener` with the key of each record that this store has read from now on and that any process
   * has changed or removed since, and with `undefined` when any of them may have changed, as after a lost
   * connection. Returns a function that stops this. A notice may come late or needlessly, and be missing
   * while a connection is dead without anybody knowing.
   */
  onInvalidation(listener: (key: string | undefined) => void): () => void
}

/**
 * Capability: a bounded store reports the sessions it evicts, the least recently used first, as nearly
 * as it can tell.
 */
export interface EvictionNotice {
  /**
   * Calls `listener` with the handle of each session that is evicted from now on, and returns a
   * function that stops this. Exceptions of a listener are ignored.
   */
  onEviction(listener: (handle: string) => void): () => void
}

/** Capability: holds resources of its own, such as a file or a connection. */
export interface Closable {
  /** Releases them. May be called twice; no verb is called afterwards. */
  close(): Awaitable<void>
}

/** Capability: checks whether the store would take a write now. For readiness, not for liveness. */
export interface Pingable {
  /**
   * Resolves when the store would take a write, and rejects with the reason otherwise: the server does not
   * answer, is read-only, lacks rights, memory or space, or the file is no longer in its place. Leaves no
   * record behind.
   */
  ping(): Awaitable<void>
}

/** One method for each capability: a store that has the method has the capability. */
export type Capability =
  | keyof Pick<UserIndex, 'listByUser'>
  | keyof Pick<ExpirySweep, 'sweep'>
  | keyof Pick<Enumerable, 'enumerate'>
  | keyof Pick<UncachedRead, 'readUncached'>
  | keyof Pick<EvictionNotice, 'onEviction'>
  | keyof Pick<InvalidationNotice, 'onInvalidation'>
  | keyof Closable
  | keyof Pingable
