/**
 * The store contract: what a store keeps, and its five verbs. Types and comments only.
 *
 * Rules for every verb:
 * - All instants are milliseconds since 1970 by the manager's clock, which passes `now` to each verb.
 *   A store never asks its own clock whether a session has ended.
 * - A record is expired when `now >= min(idleExpiresAt, endsAt)`. Every verb but `create` and
 *   `delete` then treats it as absent.
 * - A database may remove rows by itself, but not until a minute after they expired, because clocks
 *   differ. Each commit and touch moves that instant as well.
 * - A key is never reused. An absent record stays absent, so no verb but `create` inserts a row.
 * - A verb rejects only when the store itself failed. Absent, expired and outdated are outcomes.
 * - A verb may answer synchronously or with a promise. A returned record never changes afterwards.
 * - Strings are well-formed and contain no NUL. Each is returned unchanged, even when empty, and is
 *   compared character by character. A store refuses with an error what it cannot store in full.
 */

import type { Awaitable } from '../awaitable.ts'

export type { Awaitable }

/** One row, for the whole life of a session. Format 2. */
export interface SessionRecord {
  /** SHA-256 of realm, line break and the token's selector, 64 hex characters: the primary key. */
  readonly key: string
  /** SHA-256 of the token's current verifier, 64 hex characters. */
  readonly verifierHash: string
  /**
   * The verifier before the last rotation, unless that one was made because the old token may be a thief's.
   * It opens the session until `graceUntil`. For a minute after `rotatedAt`, requests that had loaded the
   * session with it keep their changes, and a logout with it ends the session.
   */
  readonly previousVerifierHash?: string | undefined
  /** When the previous verifier ceases to open the session. Absent: at the rotation. */
  readonly graceUntil?: number | undefined
  /** The public name of the session, 24 hex characters: for logs, device lists and admin pages. */
  readonly handle: string
  /** The version of this layout: 2. A store preserves a record of another format unchanged, or refuses it. */
  readonly format: number
  /** 1 at creation, incremented by each commit. */
  readonly version: number
  /** The ids of the last 16 commits, newest first, creation included. 16 hex characters each. */
  readonly commitIds: readonly string[]
  /** The encoded data: JSON, which a store never inspects or alters. 200 kB must fit. */
  readonly data: string
  /** When the session began. Never changes. */
  readonly createdAt: number
  /** When the user last proved who they are. */
  readonly authenticatedAt?: number | undefined
  /** When the verifier was last replaced. Absent as long as it is the first one. */
  readonly rotatedAt?: number | undefined
  /** The last recorded use, accurate to `touchEvery`. */
  readonly lastSeenAt: number
  /** How long the session may stay unused, in milliseconds. */
  readonly idleTimeout: number
  /** `'own'` when a login has set the lifetimes of this session; absent when they are the manager's. */
  readonly lifetimes?: 'own' | undefined
  /** The idle end: when the session ends unless it is used. Never later than `endsAt`. */
  readonly idleExpiresAt: number
  /** The absolute end, however much the session is used. */
  readonly endsAt: number
  /** Whose session it is, 1 to 256 characters. Absent for an anonymous visitor. */
  readonly userId?: string | undefined
  /**
   * SHA-256 of realm, line break and user id, 64 hex characters: what an index of users goes by. Of one
   * length and alphabet in every database. Present exactly when `userId` is.
   */
  readonly owner?: string | undefined
  /** The application's note from login, such as a browser's name: at most 1024 characters. */
  readonly details?: string | undefined
}

/** The state that a commit expects to find. */
export interface ExpectedVersion {
  /** The record's `version` when it was read. */
  readonly version: number
  /**
   * The newest of the record's `commitIds`. After a failover a database can reach the same version
   * a second time, but two commits never share an id.
   */
  readonly commitId: string
}

/**
 * All properties that a commit may change: one that is absent here is absent afterwards. The store
 * derives `idleExpiresAt`; see {@link SessionStore.commit}.
 */
export type RecordChange = Omit<SessionRecord, 'key' | 'handle' | 'format' | 'createdAt' | 'idleExpiresAt'>

/** How many sessions a user may have, for a write that signs the user in. */
export interface SessionLimit {
  /** How many live sessions of the owner may be left, the written one among them: 1 or more. */
  readonly most: number
  /** To be called with the handle of each live session that the write has ended. */
  readonly onEviction: (handle: string) => void
}

/**
 * What a store must do. You can write one in about a hundred lines and check it with the same cases
 * that check ours: see `coatcheck/testing`.
 */
export interface SessionStore {
  /**
   * Stores a new record and returns `true`, or returns `false` when a live or expired record has the
   * same key. Never overwrites. Only the key must be unique. After `false`, a stored record with the
   * same commit id means that an earlier call succeeded and its answer was lost.
   *
   * With a `limit`, which only a store with a {@link UserIndex} is given, the same atomic step ends those of the
   * owner's live sessions that were unused for longest (the smallest `lastSeenAt`), until at most `limit.most` are
   * left. One step ends at most 100. When nothing is written, nothing ends.
   */
  create(record: SessionRecord, now: number, limit?: SessionLimit): Awaitable<boolean>

  /**
   * Returns the record, or `undefined` when it is absent or expired. At most one command to the server.
   */
  read(key: string, now: number): Awaitable<SessionRecord | undefined>

  /**
   * Applies `change` in one atomic step if, and only if, the record is live and its version and newest
   * commit id are the expected ones. Returns whether it did. Never creates a record.
   *
   * `lastSeenAt` becomes the later of the stored and the given value, so that a commit never undoes a
   * touch, and `idleExpiresAt` becomes `min(lastSeenAt + change.idleTimeout, change.endsAt)`. With a `limit` as
   * {@link create}; it never ends the session of `key`.
   */
  commit(
    key: string,
    expected: ExpectedVersion,
    change: RecordChange,
    now: number,
    limit?: SessionLimit,
  ): Awaitable<boolean>

  /**
   * Moves `lastSeenAt` and `idleExpiresAt` forward, never back, and `idleExpiresAt` never past
   * `endsAt`. Version and data stay unchanged. Returns whether there was a live record.
   */
  touch(key: string, lastSeenAt: number, idleExpiresAt: number, now: number): Awaitable<boolean>

  /**
   * Removes the record, live or expired. With `owner` only if it belongs to that owner at that moment,
   * and with `null` only if it belongs to nobody: a login that comes in between must not be undone.
   * Returns whether it removed one; removing an absent record is not an error.
   */
  delete(key: string, owner?: string | null): Awaitable<boolean>
}
