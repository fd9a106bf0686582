import type { Session } from 'coatcheck'
import type { ShopData } from './session-data.ts'
import { notify } from './visitor.ts'

/**
 * Ends the session. A new one keeps the theme and the notice, and nothing else. Does nothing if nobody is signed in,
 * so that such requests do not create sessions.
 */
export function signOut(session: Session<ShopData>): void {
  if (session.userId === undefined) return
  const theme = session.get('theme')
  session.logout()
  if (theme) session.set('theme', theme)
  notify(session, 'notice', 'Signed out.')
}
