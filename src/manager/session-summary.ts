// What may be shown of a session that is not the request's own.

import { expiryOf } from '../record.ts'
import type { SessionRecord } from '../store.ts'

/**
 * One line of a list of devices. It holds nothing that opens the session.
 *
 * @example
 * ```ts
 * function describe({ details, lastSeenAt }: SessionSummary): string {
 *   return `${details ?? 'A browser'}, last used ${lastSeenAt.toLocaleString('en-GB')}`
 * }
 * ```
 */
export interface SessionSummary {
  /** The session's public name: what {@link SessionManager.revoke} takes, and what `session.handle` is. */
  readonly handle: string
  /** What `login` was given as `details`, such as "Firefox on Linux". */
  readonly details: string | undefined
  /** When the session began, as a visitor or at a login. */
  readonly createdAt: Date
  /** When the user last signed in on it; `undefined` when nobody did since it began. */
  readonly authenticatedAt: Date | undefined
  /** When it was last used, as exactly as `touchEvery` says. */
  readonly lastSeenAt: Date
  /** When it ends if nobody comes back. */
  readonly expiresAt: Date
}

/** What a page of devices may show of a record. */
export function summarize(record: SessionRecord): SessionSummary {
  const { handle, details, createdAt, authenticatedAt, lastSeenAt } = record
  return {
    handle,
    details,
    createdAt: new Date(createdAt),
    authenticatedAt: authenticatedAt === undefined ? undefined : new Date(authenticatedAt),
    lastSeenAt: new Date(lastSeenAt),
    expiresAt: new Date(expiryOf(record)),
  }
}
