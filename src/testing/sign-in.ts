// Tests of pages behind a login need a session, not a login form. This session is created through
// the manager, so it is encoded and stored like any other; nothing is forged.

import type { Exchange } from '../manager/request/exchange.ts'
import { assertManager, open } from '../manager/request/open.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { NameOf, SessionData, ValueOf } from '../session/types.ts'

/** Initial values of a session, typed like the manager's data. */
export type InitialData<Data> = { readonly [Name in NameOf<Data>]?: ValueOf<Data, Name> }

/**
 * Creates a real session for a user, as an adapter does for a request, and resolves to the
 * Cookie header of a browser that has just signed in.
 *
 * @param data - Values that the session begins with, each as `set` takes it: one that is `undefined` is
 * there, and `has` finds it. None by default.
 * @throws {@link SessionStoreError} when the store fails.
 * @throws TypeError for a user or a value that cannot be stored, or a first argument that is not a session manager.
 * @throws Error when the manager answers without a cookie.
 * @example
 * ```ts
 * const cookie = await signIn(sessions, 'u_123', { theme: 'dark' })
 * const response = await fetch(`${origin}/profile`, { headers: { cookie } })
 * ```
 */
export async function signIn<Data = SessionData>(
  sessions: SessionManager<Data>,
  userId: string,
  data: InitialData<Data> = {},
): Promise<string> {
  assertManager('signIn', sessions)
  const exchange = await open(sessions, { cookie: undefined, secure: true })
  const { session } = exchange as Exchange<Data>
  session.login(userId)
  for (const name of Object.keys(data) as NameOf<Data>[]) {
    session.set(name, data[name] as ValueOf<Data, typeof name>)
  }
  const [cookie] = (await (exchange as Exchange<Data>).conclude()).cookies
  if (cookie === undefined) throw new Error('signIn: the manager has saved no session and given no cookie')
  return `${cookie.name}=${cookie.value}`
}
