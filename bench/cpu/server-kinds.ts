import type { RequestListener } from 'node:http'
import { createSessionManager } from 'coatcheck'
import { session } from 'coatcheck/express'
import { withSession } from 'coatcheck/node'
import express from 'express'
import expressSession from 'express-session'

interface Data {
  cart: { sku: string; name: string; price: number; quantity: number }[]
  theme: string
}

declare module 'express-session' {
  interface SessionData extends Data {}
}

const content: Data = {
  cart: [
    { sku: 'tee-m', name: 'T-shirt, M', price: 1900, quantity: 2 },
    { sku: 'mug', name: 'Mug', price: 900, quantity: 1 },
  ],
  theme: 'dark',
}

/** `/seed` fills a new session, `/` reads one value of it, or answers the same without any session. */
export const serverKinds = {
  'node:http': (): RequestListener => (_request, response) => {
    response.setHeader('Content-Type', 'text/plain')
    response.end(content.theme)
  },

  'node:http + coatcheck': (): RequestListener => {
    const sessions = createSessionManager<Data>()
    return withSession((request, response) => {
      const own = sessions.get(request)
      if (request.url === '/seed') {
        own.set('cart', content.cart)
        own.set('theme', content.theme)
      }
      response.setHeader('Content-Type', 'text/plain')
      response.end(own.get('theme'))
    }, sessions)
  },

  'express 5': (): RequestListener => {
    const app = express()
    app.get('/', (_request, response) => void response.send(content.theme))
    return app
  },

  'express 5 + express-session': (): RequestListener => {
    const app = express()
    app.use(expressSession({ secret: 'of no value', resave: false, saveUninitialized: false }))
    app.get('/seed', (request, response) => {
      Object.assign(request.session, content)
      response.send('seeded')
    })
    app.get('/', (request, response) => void response.send(request.session.theme))
    return app
  },

  'express 5 + coatcheck': (): RequestListener => {
    const sessions = createSessionManager<Data>()
    const app = express()
    app.use(session(sessions))
    app.get('/seed', (request, response) => {
      sessions.get(request).set('cart', content.cart)
      sessions.get(request).set('theme', content.theme)
      response.send('seeded')
    })
    app.get('/', (request, response) => void response.send(sessions.get(request).get('theme')))
    return app
  },
}

export type ServerKind = keyof typeof serverKinds
