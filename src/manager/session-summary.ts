// What an application may see of a session other than the request's own.

import { expiryOf, ownRecord } from '../contract/record.ts'
import type { ListedRecord } from '../contract/capabilities.ts'

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
