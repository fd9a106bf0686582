// Routes shared by several scenarios. Each does one thing to the session, so that a scenario reads as a
// sequence of requests.

import type { SessionRoute } from './scenario-server.ts'

/** Keeps a value and goes where it can be seen. */
export const setTheme: SessionRoute = (session, reply) => {
  session().set('theme', 'dark')
  reply.redirect('/theme')
}

/** Answers with the value that {@link setTheme} keeps, or `undefined`. */
export const showTheme: SessionRoute = (session, reply) => reply.send(String(session().get('theme')))

/** Answers with whom the session belongs to. */
export const showUser: SessionRoute = (session, reply) => reply.send(session().userId ?? 'nobody')

/** A page that looks at no session. */
export const showPublic: SessionRoute = (_session, reply) => reply.send('no session needed')

/** Signs in, and stays on the page. */
export const login: SessionRoute = (session, reply) => {
  session().login('u_1')
  reply.send('welcome')
}

/** Signs out, and stays on the page. */
export const logout: SessionRoute = (session, reply) => {
  session().logout()
  reply.send('bye')
}
