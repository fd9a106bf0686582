// Routes shared by several scenarios. Each does one thing to the session, so that a scenario reads as a
// sequence of requests.

import type { SessionRoute } from './scenario-server.ts'

/** Sets a value and redirects to the page that shows it. */
export const setTheme: SessionRoute = (session, reply) => {
  session().set('theme', 'dark')
  reply.redirect('/theme')
}

/** Responds with the value that {@link setTheme} sets, or `undefined`. */
export const showTheme: SessionRoute = (session, reply) => reply.send(String(session().get('theme')))

/** Responds with the user of the session, or `nobody`. */
export const showUser: SessionRoute = (session, reply) => reply.send(session().userId ?? 'nobody')

/** A page that does not use the session. */
export const showPublic: SessionRoute = (_session, reply) => reply.send('no session needed')

/** Logs in without a redirect. */
export const login: SessionRoute = (session, reply) => {
  session().login('u_1')
  reply.send('welcome')
}

/** Logs out without a redirect. */
export const logout: SessionRoute = (session, reply) => {
  session().logout()
  reply.send('bye')
}
