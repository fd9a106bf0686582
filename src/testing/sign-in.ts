// Tests of pages behind a login need a session, not a login form. This session is created through
// the manager, so it is encoded and stored like any other; nothing is forged.

import type { SessionManager } from '../manager/session-manager.ts'
import type { NameOf, SessionData, ValueOf } from '../session/types.ts'

/** Initial values of a session, typed like the manager's data. */
export type InitialData<Data> = { readonly [Name in NameOf<Data>]?: ValueOf<Data, Name> }

/**
 * Creates a real session for a user, through the manager's own `load` and `commit`, and resolves to the
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
  if (typeof (sessions as Partial<typeof sessions> | undefined)?.load !== 'function')
    throw new TypeError('signIn: the first argument must be a session manager')
  const session = await sessions.load({ cookie: undefined, secure: true })
  session.login(userId)
  for (const name of Object.keys(data) as NameOf<Data>[]) {
    session.set(name, data[name] as ValueOf<Data, typeof name>)
  }
  const { setCookie } = await sessions.commit(session, { status: 200 })
  if (setCookie === undefined) throw new Error('signIn: the manager has saved no session and given no cookie')
  return setCookie.split(';', 1)[0] as string
}
