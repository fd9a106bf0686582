// Which page of a user's sessions.

import type { ListPosition } from '../contract/capabilities.ts'
import { createObjectError, createOptionError, readOptions } from '../options.ts'
import { isStorable } from '../session/check-arguments.ts'
import type { SessionSummary } from './session-summary.ts'

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
