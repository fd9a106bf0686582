// What a store may offer beyond the five verbs of store.ts. Each is an interface of its own: a store
// has the whole of it or nothing, its type says which, and the manager asks by the name of the method.

import type { Awaitable, SessionRecord } from './store.ts'

/**
 * Capability: finds the sessions of a user. The index may name the dead, it never misses the living.
 * `list`, `revoke` and their kin need it.
 *
 * @example
 * ```ts
 * const index: UserIndex = memoryStore()
 * const count = await index.countByUser('u_123', Date.now())
 * ```
 */
export interface UserIndex {
  /**
   * The live records of a user, by `createdAt`, oldest first: all of them. One that is damaged is among
   * them with its key and its handle, so that it can be revoked, and with `format` 0.
   */
  listByUser(userId: string, now: number): Awaitable<readonly SessionRecord[]>
  /** How many live records a user has. */
  countByUser(userId: string, now: number): Awaitable<number>
  /**
   * Removes the record of a key if, and only if, it is the user's at that moment. Resolves to whether it
   * did, as {@link SessionStore.delete}. A record that a commit gives to another user meanwhile is that user's.
   */
  deleteOwned(userId: string, key: string): Awaitable<boolean>
  /**
   * Removes every record of a user and resolves to how many live ones there were. No commit or touch
   * meanwhile brings one back; a record that a commit gives to another user meanwhile is that user's.
   */
  deleteByUser(userId: string, now: number): Awaitable<number>
}

/**
 * Capability: removes what has expired, for stores that do not do so by themselves. The manager calls
 * `sweep` every `sweepEvery` milliseconds, and again at once as long as there is more.
 *
 * @example
 * ```ts
 * const sweeping: ExpirySweep = memoryStore()
 * while (await sweeping.sweep(Date.now(), 1000)) log.info('swept 1000')
 * ```
 */
export interface ExpirySweep {
  /** How often the manager should sweep, in milliseconds. */
  readonly sweepEvery: number
  /**
   * One step of a sweep: examines at most `limit` records and removes those that expired at or
   * before `before`, but none that a commit or touch moves on meanwhile. Resolves to whether there is
   * more to examine.
   */
  sweep(before: number, limit: number): Awaitable<boolean>
}

/**
 * One page of {@link Enumerable.enumerate}. It may be empty and yet not the last: the cursor tells.
 *
 * @example
 * ```ts
 * const page: RecordPage = await store.enumerate(undefined, 100, Date.now())
 * const isLast = page.cursor === undefined
 * ```
 */
export interface RecordPage {
  /** Live records in any order; at most as many as asked for. */
  readonly records: readonly SessionRecord[]
  /** Where the next page starts. Absent on the last one. */
  readonly cursor?: string | undefined
}

/**
 * Capability: walks all live records, page by page. A record that lives through the walk is seen at
 * least once.
 *
 * @example
 * ```ts
 * let cursor: string | undefined
 * do {
 *   const page = await store.enumerate(cursor, 100, Date.now())
 *   for (const { handle } of page.records) console.log(handle)
 *   cursor = page.cursor
 * } while (cursor !== undefined)
 * ```
 */
export interface Enumerable {
  /** At most `limit` records from `cursor`, which is the previous page's or absent to begin. */
  enumerate(cursor: string | undefined, limit: number, now: number): Awaitable<RecordPage>
}

/**
 * Capability: reads past any cache, for the read after a conflict. Without it `read` is taken to be
 * fresh.
 *
 * @example
 * ```ts
 * const fresh: UncachedRead = { readUncached: (key, now) => store.read(key, now) }
 * ```
 */
export interface UncachedRead {
  /** As `read`, with the state that the last commit of any process has left. */
  readUncached(key: string, now: number): Awaitable<SessionRecord | undefined>
}

/**
 * Capability: a bounded store says which sessions it gave up to make room. It gives up those that
 * went unused the longest, as near as it can tell.
 *
 * @example
 * ```ts
 * const stop = memoryStore({ maxSessions: 1000 }).onEviction((handle) => log.warn(`no room for ${handle}`))
 * ```
 */
export interface EvictionNotice {
  /**
   * Calls `listener` with the handle of each session evicted from now on, and returns a function that
   * stops it. What a listener throws is ignored.
   */
  onEviction(listener: (handle: string) => void): () => void
}

/**
 * Capability: holds something that must be let go, such as a file or a connection of its own.
 *
 * @example
 * ```ts
 * const closing: Closable = sqliteStore('sessions.sqlite')
 * await closing.close()
 * ```
 */
export interface Closable {
  /** Lets go. It may be called twice, and no verb is called after it. */
  close(): Awaitable<void>
}

/**
 * Capability: can tell whether the server behind it answers.
 *
 * @example
 * ```ts
 * const pinged: Pingable = sqliteStore('sessions.sqlite')
 * await pinged.ping()
 * ```
 */
export interface Pingable {
  /** Resolves when the server answered, rejects with its error otherwise. */
  ping(): Awaitable<void>
}

/**
 * The names of the capability methods, which tell at run time what a store can do.
 *
 * @example
 * ```ts
 * const canListUsers = ('listByUser' satisfies Capability) in store
 * ```
 */
export type Capability =
  | keyof Pick<UserIndex, 'listByUser'>
  | keyof Pick<ExpirySweep, 'sweep'>
  | keyof Pick<Enumerable, 'enumerate'>
  | keyof Pick<UncachedRead, 'readUncached'>
  | keyof Pick<EvictionNotice, 'onEviction'>
  | keyof Closable
  | keyof Pingable
