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
  carryOver?: readonly NameOf<Data>[]
  /**
   * A note for a list of devices, such as "Firefox on Linux": at most 1024 characters.
   *
   * @default none
   */
  details?: string
}
