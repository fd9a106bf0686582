// Every adapter takes either options, which suit an application with one manager, or a manager, which the
// application also uses elsewhere, for example to revoke sessions.

import { createSessionManager } from '../manager/create-session-manager.ts'
import { isManager } from '../manager/request/open.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { SessionOptions } from '../manager/session-options.ts'
import { ownProperty } from '../own-property.ts'

/**
 * Returns the manager it is given, or creates one from options.
 *
 * @throws {@link SessionConfigError} when an option is unknown, malformed or unsafe.
 * @throws TypeError when it is given a request.
 */
export function toManager<Data>(
  managerOrOptions: SessionManager<Data> | SessionOptions,
): SessionManager<Data> {
  if (isRequest(managerOrOptions)) {
    throw new TypeError(
      'session is a function that creates a middleware: write app.use(session()), with parentheses',
    )
  }
  return isManager<Data>(managerOrOptions)
    ? managerOrOptions
    : createSessionManager<Data>(managerOrOptions as SessionOptions)
}

/** What the framework passes if `session` itself is used as a middleware. */
function isRequest(value: object): boolean {
  if (typeof value !== 'object' || value === null) return false
  const request: Partial<Request> = value
  return ownProperty(request, 'headers') !== undefined && ownProperty(request, 'method') !== undefined
}
