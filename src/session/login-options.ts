// The options of `session.login`. The names are copied, since the operation that uses them may run again later.

import { readOptions } from '../options.ts'
import { checkCarryOver, checkDetails } from './check-arguments.ts'
import type { NameOf, SessionData } from './types.ts'

/**
 * Options of `session.login`.
 *
 * @example
 * ```ts
 * const options: LoginOptions<{ cart: string[]; draft: string }> = { carryOver: ['cart'], details: 'Safari' }
 * ```
 */
export interface LoginOptions<Data = SessionData> {
  /**
   * The names of the values to keep, for an anonymous visitor's session and the same user's. Flash
   * messages are kept in any case, but nothing of another user's session is.
   *
   * @default all
   */
  carryOver?: readonly NameOf<Data>[] | undefined
  /**
   * A note for a list of devices, such as "Firefox on Linux": at most 1024 characters.
   *
   * @default none
   */
  details?: string | undefined
}

/**
 * Checks the options of a login, and copies them.
 *
 * @throws {@link SessionConfigError} for an option that does not exist.
 * @throws TypeError for one of another type.
 */
export function readLoginOptions<Data>(options: LoginOptions<Data>): LoginOptions<Data> {
  const own = readOptions('login', options, ['carryOver', 'details'])
  checkDetails(own.details)
  checkCarryOver(own.carryOver)
  if (own.carryOver) own.carryOver = [...own.carryOver]
  return own
}
