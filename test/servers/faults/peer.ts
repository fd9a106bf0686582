import { createServer } from 'node:http'
import type { Server } from 'node:http'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { RedisStore } from 'connect-redis'
import express from 'express'
import expressSession from 'express-session'
import Fastify from 'fastify'
import Koa from 'koa'
import { createSession } from 'koa-session'
import { createClient } from 'redis'
import { readParameter, serveTests } from '../process/application.ts'

// The same shop with other libraries, a program of its own: each with its usual store for Redis, and with the
// settings that it and the driver come with.

/** What the program is told. */
export interface PeerParameter {
  readonly name: PeerName
  /** Of Redis. */
  readonly port: number
}

/** The libraries that are compared. */
export type PeerName = 'express-session' | 'koa-session' | '@fastify/session'

const { name, port } = readParameter() as PeerParameter
const client = createClient({ socket: { host: '127.0.0.1', port } })
client.on('error', () => {})
await client.connect()

/** At least 32 characters, as one of them wants. */
const secret = 'a secret that only tests use, of course'

const peers: Readonly<Record<PeerName, () => Server | Promise<Server>>> = {
  'express-session'() {
    const store = new RedisStore({ client })
    const app = express().set('env', 'test')
    app.use(expressSession({ store, secret, resave: false, saveUninitialized: false }))
    app.post('/login', (request, response) => {
      Object.assign(request.session, { user: 'u_1' })
      response.send('welcome')
    })
    app.get('/profile', (request, response) => {
      response.send((request.session as unknown as { user?: string }).user ?? 'nobody')
    })
    return createServer(app)
  },

  'koa-session'() {
    const app = new Koa()
    app.keys = [secret]
    app.silent = true
    const store = {
      get: async (key: string) =>
        JSON.parse((await client.get(key)) ?? 'null') as Record<string, unknown> | null,
      async set(key: string, value: unknown, maxAge: number | 'session' | undefined) {
        await client.set(key, JSON.stringify(value), { PX: typeof maxAge === 'number' ? maxAge : 86_400_000 })
      },
      async destroy(key: string) {
        await client.del(key)
      },
    }
    app.use(createSession({ store }, app))
    app.use((context) => {
      if (context.path === '/login') context['session'].user = 'u_1'
      context.body = String(context['session'].user)
    })
    return createServer(app.callback())
  },

  async '@fastify/session'() {
    const app = Fastify()
    await app.register(fastifyCookie)
    const store = new RedisStore({ client }) as unknown as fastifySession.SessionStore
    await app.register(fastifySession, { store, secret, cookie: { secure: false }, saveUninitialized: false })
    app.post('/login', async (request) => {
      Object.assign(request.session, { user: 'u_1' })
      return 'welcome'
    })
    app.get('/profile', async (request) => (request.session as unknown as { user?: string }).user ?? 'nobody')
    await app.ready()
    return app.server
  },
}

await serveTests(await peers[name]())
