import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { SessionStoreError, createSessionManager, memoryStore } from '../../src/index.ts'
import type { Session, SessionManager, SessionOptions } from '../../src/index.ts'
import { Browser } from '../support/browser.ts'
import { servers } from '../support/servers.ts'
import type { Reply } from '../support/servers.ts'

type Loose = Record<string, unknown>
type Route = (session: () => Session<Loose>, reply: Reply) => unknown

const routes: Record<string, Route> = {
  '/set': (session, reply) => {
    session().set('theme', 'dark')
    reply.redirect('/theme')
  },
  '/theme': (session, reply) => reply.send(String(session().get('theme'))),
  '/public': (_session, reply) => reply.send('no session needed'),
  '/cached': (session, reply) => {
    reply.header('Cache-Control', 'public, max-age=60')
    reply.send(String(session().get('theme')))
  },
  '/login': (session, reply) => {
    session().login('u_1')
    reply.header('Set-Cookie', 'other=1')
    reply.send(session().id)
  },
  '/logout': (session, reply) => {
    session().logout()
    reply.send('bye')
  },
  '/fail': (session, reply) => {
    session().set('theme', 'light')
    reply.status(500)
    reply.send('failed')
  },
  '/throw': (session) => {
    session().set('theme', 'light')
    throw new Error('the handler fails')
  },
  '/slow': async (session, reply) => {
    await new Promise((resolve) => void setImmediate(resolve))
    session().update('visits', (visits = 0) => Number(visits) + 1)
    reply.header('X-Handler', 'yes')
    reply.send(String(session().get('visits')))
  },
  '/stream': (session, reply) => {
    session().set('theme', 'streamed')
    reply.stream(Readable.from(['one ', 'two ', 'three']))
  },
  '/late': (session, reply) => {
    reply.stream(
      Readable.from(
        (function* () {
          for (const chunk of ['be', 'gun', ',', ' ']) yield chunk
          session().set('theme', 'late')
          yield 'done'
        })(),
      ),
    )
  },
  '/too-late': (session, reply) => {
    const used = session()
    reply.stream(
      Readable.from(
        (function* () {
          for (const chunk of ['be', 'gun', ':', ' ']) yield chunk
          try {
            used.set('theme', 'too late')
          } catch (error) {
            yield (error as Error).message
          }
        })(),
      ),
    )
  },
}

interface Started {
  readonly browser: Browser
  readonly sessions: SessionManager<Loose>
  readonly store: ReturnType<typeof memoryStore>
  /** From now on every verb of the store fails. */
  breakStore(): void
}

for (const [name, start] of Object.entries(servers)) {
  const open = async (context: TestContext, options: SessionOptions = {}): Promise<Started> => {
    const store = memoryStore()
    let isBroken = false
    const guarded = new Proxy(store, {
      get(target, property, receiver) {
        const member: unknown = Reflect.get(target, property, receiver)
        if (!isBroken || typeof member !== 'function') return member
        return () => Promise.reject(new Error('the store is down'))
      },
    })
    const sessions = createSessionManager<Loose>({ store: guarded, ...options })
    const origin = await start(context, sessions, routes)
    const breakStore = () => void (isBroken = true)
    return { browser: new Browser(origin), sessions, store, breakStore }
  }

  describe(`the ${name} adapter`, () => {
    test('saves before a redirect leaves, and sets the cookie once', async (context) => {
      const { browser } = await open(context)
      const response = await browser.request('/set')
      assert.equal(response.status, 302)
      assert.equal(response.headers.get('location'), '/theme')
      assert.equal(response.headers.getSetCookie().length, 1)
      assert.equal(response.headers.get('cache-control'), 'private, no-store')
      const next = await browser.request('/theme')
      assert.equal(await next.text(), 'dark')
      assert.deepEqual(next.headers.getSetCookie(), [])
      assert.match(next.headers.get('vary') ?? '', /Cookie/)
    })

    test('leaves a page that uses no session as it is', async (context) => {
      const { browser } = await open(context)
      const response = await browser.request('/public')
      assert.equal(await response.text(), 'no session needed')
      assert.equal(response.headers.get('cache-control'), null)
      assert.doesNotMatch(response.headers.get('vary') ?? '', /Cookie/)
    })

    test('makes private what was marked public', async (context) => {
      const { browser } = await open(context)
      assert.equal((await browser.request('/cached')).headers.get('cache-control'), 'private, no-store')
    })

    test('replaces the token at login, beside the cookies of the handler, and clears it at logout', async (context) => {
      const { browser } = await open(context)
      await browser.request('/set')
      const before = browser.cookies.get('session_id')
      const response = await browser.request('/login')
      assert.equal(browser.cookies.get('session_id'), await response.text())
      assert.equal(browser.cookies.get('other'), '1')
      assert.notEqual(browser.cookies.get('session_id'), before)
      assert.equal(await browser.text('/theme'), 'dark')
      await browser.request('/logout')
      assert.equal(browser.cookies.has('session_id'), false)
    })

    test('drops the changes of a handler that fails, by status or by exception', async (context) => {
      const { browser } = await open(context)
      await browser.request('/set')
      assert.equal((await browser.request('/fail')).status, 500)
      assert.equal((await browser.request('/throw')).status, 500)
      assert.equal(await browser.text('/theme'), 'dark')
    })

    test('counts every overlapping update', async (context) => {
      const { browser } = await open(context)
      await browser.request('/set')
      await Promise.all(Array.from({ length: 20 }, () => browser.text('/slow')))
      assert.equal(await browser.text('/slow'), '21')
    })

    test('answers 503 without the handler’s headers when the session cannot be saved', async (context) => {
      const { browser, breakStore } = await open(context)
      breakStore()
      const response = await browser.request('/slow')
      assert.equal(response.status, 503)
      assert.equal(response.headers.get('x-handler'), null)
      assert.deepEqual(response.headers.getSetCookie(), [])
      assert.equal(await response.text(), 'The session could not be saved.')
    })

    test('answers 503 where a session is used that could not be read, and serves what needs none', async (context) => {
      const { browser, breakStore } = await open(context)
      await browser.request('/set')
      const token = browser.cookies.get('session_id')
      breakStore()
      assert.equal((await browser.request('/theme')).status, 503)
      assert.equal(await browser.text('/public'), 'no session needed')
      assert.equal(browser.cookies.get('session_id'), token)
    })

    test('streams after the save, and saves what a stream changes', async (context) => {
      const { browser, sessions } = await open(context)
      const streamed = await browser.request('/stream')
      assert.equal(await streamed.text(), 'one two three')
      assert.equal(await browser.text('/theme'), 'streamed')
      assert.equal(await browser.text('/late'), 'begun, done')
      await sessions.close()
      assert.equal(await browser.text('/theme'), 'late')
    })

    test('says at the call what comes too late for a cookie', async (context) => {
      const { browser, store } = await open(context)
      assert.match(await browser.text('/too-late'), /the response has started/)
      assert.equal(store.size, 0)
    })

    test('answers HEAD with the headers of GET', async (context) => {
      const { browser } = await open(context)
      await browser.request('/set')
      const response = await browser.request('/theme', { method: 'HEAD' })
      assert.equal(response.status, 200)
      assert.match(response.headers.get('vary') ?? '', /Cookie/)
    })

    test('exempts what skip names', async (context) => {
      const { browser, store } = await open(context, { eager: true, skip: ({ path }) => path === '/public' })
      assert.equal(await browser.text('/public'), 'no session needed')
      assert.equal(store.size, 0)
      await browser.text('/theme')
      assert.equal(store.size, 1)
    })
  })
}

test('a store error has the status that frameworks answer with', () => {
  assert.equal(new SessionStoreError('read', 'down').status, 503)
})
