/**
 * The store contract: what a store keeps and the five verbs it answers to. Types and comments only.
 *
 * Rules that hold for every verb:
 * - All instants are milliseconds since 1970 by the manager's clock, which hands `now` to each verb.
 *   A store never asks its own clock whether a session has ended.
 * - A record is expired when `now >= min(idleExpiresAt, endsAt)`. To every verb but `create` and
 *   `delete` it is then absent.
 * - A database may forget rows by itself, at least a minute after they expired: clocks differ. Each
 *   commit and touch moves that instant, too.
 * - A key is never used twice. What is absent stays absent, so no verb but `create` makes a row.
 * - A verb rejects only when the store itself failed. Absent, expired and outdated are outcomes.
 * - An answer may be given at once or as a promise. A record handed out is never changed afterwards.
 * - Texts are well-formed and hold no NUL. Each comes back as it was, the empty one included, and is
 *   compared character by character. What a store cannot keep whole it refuses with an error.
 */

/** A value, or a promise of it. */
export type Awaitable<Value> = Value | Promise<Value>

/** One row for a session's whole life. Format 1. */
export interface SessionRecord {
  /** SHA-256 of the token's selector, 64 hex characters: the primary key. */
  readonly key: string
  /** SHA-256 of the token's current verifier, 64 hex characters. */
  readonly verifierHash: string
  /** The verifier before the last periodic rotation, still accepted until `graceUntil`. */
  readonly previousVerifierHash?: string | undefined
  /** Until when the previous verifier is accepted, in milliseconds since 1970. */
  readonly graceUntil?: number | undefined
  /** The public name of the session, 24 hex characters: for logs, device lists and admin pages. */
  readonly handle: string
  /** The version of this layout: 1. A store that knows no later one keeps it as it is, or refuses it. */
  readonly format: number
  /** 1 when created, one more with each commit. */
  readonly version: number
  /** The ids of the last 16 commits, newest first, the creation included. 16 hex characters each. */
  readonly commitIds: readonly string[]
  /** The encoded data, JSON. A store keeps it as it is and never looks inside. 200 kB of it must fit. */
  readonly data: string
  /** When the session began. Never changes. */
  readonly createdAt: number
  /** When the user last proved who they are. */
  readonly authenticatedAt?: number | undefined
  /** The last use that was noted: exact to `touchEvery`. */
  readonly lastSeenAt: number
  /** Milliseconds without use after which the session ends. */
  readonly idleTimeout: number
  /** When the session ends if it stays unused. Never later than `endsAt`. */
  readonly idleExpiresAt: number
  /** When the session ends whatever happens. */
  readonly endsAt: number
  /** Whose session it is, 1 to 256 characters. Absent for an anonymous visitor. */
  readonly userId?: string | undefined
  /** What the application noted at login, such as a browser's name: at most 1024 characters. */
  readonly details?: string | undefined
}

/** The state a commit expects to find. */
export interface ExpectedVersion {
  readonly version: number
  /**
   * The newest of the record's `commitIds`. A database that failed over can count the same
   * version twice; two commits never share an id.
   */
  readonly commitId: string
}

/**
 * All that a commit may change, complete: what is absent here is absent afterwards.
 * `idleExpiresAt` is not part of it, because the store derives it; see {@link SessionStore.commit}.
 */
export type RecordChange = Omit<SessionRecord, 'key' | 'handle' | 'format' | 'createdAt' | 'idleExpiresAt'>

/**
 * What a store must do. Write your own in about a hundred lines; the cases of `coatcheck/testing`,
 * which check ours, check it.
 */
export interface SessionStore {
  /**
   * Stores a new record. Resolves to `true` when it did, to `false` when the key is taken, by a
   * live record or by an expired one that is still there. Nothing but the key must be unique. Never
   * overwrites. When `false` comes back and the row carries the same commit id, an earlier call whose
   * answer was lost had succeeded.
   */
  create(record: SessionRecord, now: number): Awaitable<boolean>

  /**
   * The record, or `undefined` when absent or expired. At most one command to the server.
   */
  read(key: string, now: number): Awaitable<SessionRecord | undefined>

  /**
   * Applies `change` in one atomic step if, and only if, the record is alive and its version and
   * newest commit id are the expected ones. Resolves to whether it did. Never creates.
   *
   * `lastSeenAt` becomes the later of the stored and the given, so that a commit undoes no touch,
   * and `idleExpiresAt` becomes `min(lastSeenAt + change.idleTimeout, change.endsAt)`.
   */
  commit(key: string, expected: ExpectedVersion, change: RecordChange, now: number): Awaitable<boolean>

  /**
   * Moves `lastSeenAt` and `idleExpiresAt` forward, never back, and `idleExpiresAt` never past
   * `endsAt`. Resolves to whether a live record was there. Version and data stay as they are.
   */
  touch(key: string, lastSeenAt: number, idleExpiresAt: number, now: number): Awaitable<boolean>

  /**
   * Removes the record. Resolves to whether one was there, an expired one that has not been swept
   * yet included; removing the absent is fine.
   */
  delete(key: string): Awaitable<boolean>
}

/**
 * Capability: finds the sessions of a user. The index may name the dead, it never misses the living.
 * `list`, `revoke` and their kin need it.
 */
export interface UserIndex {
  /** The live records of a user, by `createdAt`, oldest first: all of them. */
  listByUser(userId: string, now: number): Awaitable<readonly SessionRecord[]>
  /** How many live records a user has. */
  countByUser(userId: string, now: number): Awaitable<number>
  /**
   * Removes every record of a user and resolves to how many live ones there were. No commit or touch
   * meanwhile brings one back; a record that a commit gives to another user meanwhile is that user's.
   */
  deleteByUser(userId: string, now: number): Awaitable<number>
}

/**
 * Capability: removes what has expired, for stores that do not do so by themselves. The manager calls
 * `sweep` every `sweepEvery` milliseconds, and again at once as long as there is more.
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

/** One page of {@link Enumerable.enumerate}. It may be empty and yet not the last: the cursor tells. */
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
 */
export interface UncachedRead {
  /** As `read`, with the state that the last commit of any process has left. */
  readUncached(key: string, now: number): Awaitable<SessionRecord | undefined>
}

/**
 * Capability: a bounded store says which sessions it gave up to make room. It gives up those that
 * went unused the longest, as near as it can tell.
 */
export interface EvictionNotice {
  /**
   * Calls `listener` with the handle of each session evicted from now on, and returns a function that
   * stops it. What a listener throws is ignored.
   */
  onEviction(listener: (handle: string) => void): () => void
}

/** Capability: holds something that must be let go, such as a file or a connection of its own. */
export interface Closable {
  /** Lets go. It may be called twice, and no verb is called after it. */
  close(): Awaitable<void>
}

/** Capability: can tell whether the server behind it answers. */
export interface Pingable {
  /** Resolves when the server answered, rejects with its error otherwise. */
  ping(): Awaitable<void>
}

/** The names of the capability methods, which tell at run time what a store can do. */
export type Capability =
  | keyof Pick<UserIndex, 'listByUser'>
  | keyof Pick<ExpirySweep, 'sweep'>
  | keyof Pick<Enumerable, 'enumerate'>
  | keyof Pick<UncachedRead, 'readUncached'>
  | keyof Pick<EvictionNotice, 'onEviction'>
  | keyof Closable
  | keyof Pingable
