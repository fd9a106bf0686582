import type { SessionRoute } from './stage.ts'

/** Keeps a value and goes where it can be seen. */
export const setTheme: SessionRoute = (session, reply) => {
  session().set('theme', 'dark')
  reply.redirect('/theme')
}

export const showTheme: SessionRoute = (session, reply) => reply.send(String(session().get('theme')))

export const showUser: SessionRoute = (session, reply) => reply.send(session().userId ?? 'nobody')

/** A page that looks at no session. */
export const showPublic: SessionRoute = (_session, reply) => reply.send('no session needed')

export const login: SessionRoute = (session, reply) => {
  session().login('u_1')
  reply.send('welcome')
}

export const logout: SessionRoute = (session, reply) => {
  session().logout()
  reply.send('bye')
}
