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

/**
 * A value, or a promise of it.
 *
 * @example
 * ```ts
 * async function isThere(answer: Awaitable<SessionRecord | undefined>): Promise<boolean> {
 *   return (await answer) !== undefined
 * }
 * ```
 */
export type Awaitable<Value> = Value | Promise<Value>

/**
 * One row for a session's whole life. Format 1.
 *
 * @example
 * ```ts
 * const { handle, userId, lastSeenAt } = record // the parts that may be shown
 * ```
 */
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

/**
 * The state a commit expects to find.
 *
 * @example
 * ```ts
 * const expected: ExpectedVersion = { version: record.version, commitId: record.commitIds[0] ?? '' }
 * ```
 */
export interface ExpectedVersion {
  /** The record's `version`, as it was read. */
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
 *
 * @example
 * ```ts
 * function extend(record: SessionRecord, commitId: string): RecordChange {
 *   const { key, handle, format, createdAt, idleExpiresAt, ...rest } = record
 *   return { ...rest, version: record.version + 1, commitIds: [commitId, ...record.commitIds].slice(0, 16) }
 * }
 * ```
 */
export type RecordChange = Omit<SessionRecord, 'key' | 'handle' | 'format' | 'createdAt' | 'idleExpiresAt'>

/**
 * What a store must do. Write your own in about a hundred lines; the cases of `coatcheck/testing`,
 * which check ours, check it.
 *
 * @example
 * ```ts
 * function countReads(store: SessionStore): SessionStore {
 *   return {
 *     ...store,
 *     read(key, now) {
 *       counters.increment('session.read')
 *       return store.read(key, now)
 *     },
 *   }
 * }
 * ```
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
