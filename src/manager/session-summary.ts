// The lists of a user's sessions: what an application may see of each, and which page it asks for.

import type { ListedRecord, ListPosition } from '../contract/capabilities.ts'
import { expiryOf, ownRecord } from '../contract/record.ts'
import { createObjectError, createOptionError, readOptions } from '../options.ts'
import { isStorable } from '../session/check-arguments.ts'

/** One session in a list of devices. Nothing in it opens the session. */
export interface SessionSummary {
  /** The session's public name, the same as `session.handle`, to be passed to {@link SessionManager.revoke}. */
  readonly handle: string
  /** The `details` that were passed to `login`, such as "Firefox on Linux". */
  readonly details: string | undefined
  /** When the session was created, before or at the login. */
  readonly createdAt: Date
  /** When the user last signed in on it; `undefined` without a login. */
  readonly authenticatedAt: Date | undefined
  /** When it was last used, to within `touchEvery`. */
  readonly lastSeenAt: Date
  /** When it ends if it is not used again. */
  readonly expiresAt: Date
  /** When it ends however much it is used. */
  readonly endsAt: Date
}

/** The summary of a record. @internal */
export function summarize(received: ListedRecord): SessionSummary {
  const record = ownRecord(received)
  const { handle, details, createdAt, authenticatedAt, lastSeenAt, endsAt } = record
  return {
    handle,
    details,
    createdAt: new Date(createdAt),
    authenticatedAt: authenticatedAt === undefined ? undefined : new Date(authenticatedAt),
    lastSeenAt: new Date(lastSeenAt),
    expiresAt: new Date(expiryOf(record)),
    endsAt: new Date(endsAt),
  }
}

/**
 * Options of {@link SessionManager.list}.
 *
 * @example
 * ```ts
 * const first = await sessions.list('u_123', { limit: 20 })
 * const second = await sessions.list('u_123', { limit: 20, after: first.at(-1) })
 * ```
 */
export interface ListOptions {
  /**
   * How many sessions at most, 1 to 1000.
   *
   * @default 100
   */
  limit?: number | undefined
  /**
   * The last session of the page before, or its `handle` and `endsAt`. It need not exist any more.
   *
   * @default none: the first page
   */
  after?: Pick<SessionSummary, 'handle' | 'endsAt'> | undefined
}

const defaultLimit = 100
const mostOnPage = 1000

/**
 * Checks the options of a list.
 *
 * @throws {@link SessionConfigError} naming the option.
 */
export function readListOptions(options: ListOptions): {
  readonly limit: number
  readonly after: ListPosition | undefined
} {
  const { limit = defaultLimit, after } = readOptions('list', options, ['limit', 'after'])
  if (!Number.isInteger(limit) || limit < 1 || limit > mostOnPage)
    throw createOptionError('list.limit', limit, `a whole number from 1 to ${mostOnPage}`)
  return { limit, after: after === undefined ? undefined : readPosition(after) }
}

/** An entry that came back from a browser as JSON has a string for a Date. */
function readPosition(after: unknown): ListPosition {
  if (typeof after !== 'object' || after === null)
    throw createOptionError('list.after', after, 'a session of the page before, with handle and endsAt')
  const { handle, endsAt } = { handle: undefined, endsAt: undefined, ...after } as {
    handle?: unknown
    endsAt?: unknown
  }
  if (typeof handle !== 'string' || !isStorable(handle, 0, 256))
    throw createObjectError('list.after.handle', handle, 'the handle of a session')
  if (endsAt instanceof Date && !Number.isNaN(endsAt.getTime())) return { handle, endsAt: endsAt.getTime() }
  throw createObjectError('list.after.endsAt', endsAt, 'a valid Date')
}
