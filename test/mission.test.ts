import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import express from 'express'
import { currentSession } from '../src/context.ts'
import { getSession, session } from '../src/express.ts'
import { hashSecret } from '../src/id/hash.ts'
import { createSessionManager, memoryStore, systemClock } from '../src/index.ts'
import type { SessionOptions } from '../src/index.ts'
import { basicStore } from '../src/stores/basic.ts'
import { fakeClock } from '../src/testing/fake-clock.ts'
import { Browser } from '../src/testing/browser.ts'
import { serve } from './support/serve.ts'

type Handler = express.RequestHandler

const countTimers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

/** An application with the given routes behind the session middleware, and a browser that visits it. */
async function visit(
  context: TestContext,
  middleware: Handler,
  routes: Record<string, Handler>,
): Promise<Browser> {
  const app = express()
  app.use(middleware)
  for (const [path, handler] of Object.entries(routes)) app.all(path, handler)
  return new Browser(await serve(context, app))
}

const set: Handler = (request, response) => {
  for (const [name, value] of Object.entries(request.query)) getSession(request).set(name, value)
  response.send('set')
}
const show: Handler = (request, response) => {
  response.json(Object.fromEntries(getSession(request).entries()))
}

async function setCookieOf(
  context: TestContext,
  options: SessionOptions,
  path: string = '/set',
): Promise<string> {
  const browser = await visit(context, session(options), { [path]: set })
  const response = await browser.request(`${path}?theme=dark`)
  return response.headers
    .getSetCookie()
    .join('\n')
    .replace(/=[0-9a-f]{64}/, '=TOKEN')
}

describe('options', () => {
  test('the cookie’s defaults are what the documentation says', async (context) => {
    const line = await setCookieOf(context, {})
    assert.equal(line, 'session_id=TOKEN; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax')
  })

  test('secure is off on plain http and on for https, and can be said', async (context) => {
    const sessions = createSessionManager()
    for (const [url, isSecure] of [
      ['http://shop.test/', false],
      ['https://shop.test/', true],
    ] as const) {
      const response = await sessions.handle(new Request(url), (_, session) => {
        session.set('theme', 'dark')
        return new Response()
      })
      assert.equal(/; Secure/.test(response.headers.get('set-cookie') ?? ''), isSecure, url)
    }
    assert.match(await setCookieOf(context, { cookie: { secure: true } }), /; Secure/)
    assert.doesNotMatch(await setCookieOf(context, { cookie: { secure: false } }), /Secure/)
  })
})

test('TestNew: session() serves with the memory store', async (context) => {
  const browser = await visit(context, session(), { '/set': set, '/show': show })
  await browser.request('/set?theme=dark')
  assert.equal(await browser.text('/show'), '{"theme":"dark"}')
})

test('TestWithStore: session({ store }) and session(manager) keep sessions in the given store', async (context) => {
  const store = memoryStore()
  const first = await visit(context, session({ store }), { '/set': set })
  await first.request('/set?theme=dark')
  assert.equal(store.size, 1)
  const second = await visit(context, session(createSessionManager({ store })), { '/show': show })
  second.cookies.set('session_id', first.cookies.get('session_id') ?? '')
  assert.equal(await second.text('/show'), '{"theme":"dark"}')
})

test('TestFromContext: getSession, sessions.get and currentSession give one instance', async (context) => {
  const sessions = createSessionManager({ context: true })
  const browser = await visit(context, session(sessions), {
    '/': (request, response) => {
      const known = getSession(request)
      response.json([
        known === sessions.get(request),
        known === currentSession(),
        known === getSession(request),
      ])
    },
  })
  assert.equal(await browser.text('/'), '[true,true,true]')
})

test('TestSession_Delete: delete removes one value', async (context) => {
  const browser = await visit(context, session(), {
    '/set': set,
    '/show': show,
    '/delete': (request, response) => {
      getSession(request).delete('theme')
      response.json(getSession(request).has('theme'))
    },
  })
  await browser.request('/set?theme=dark&step=2')
  assert.equal(await browser.text('/delete'), 'false')
  assert.equal(await browser.text('/show'), '{"step":"2"}')
})

test('TestSession_Clear: clear removes all values and keeps the session', async (context) => {
  const browser = await visit(context, session(), {
    '/set': set,
    '/show': show,
    '/clear': (request, response) => {
      getSession(request).clear()
      response.send(hashSecret(getSession(request).id))
    },
  })
  await browser.request('/set?theme=dark&step=2')
  assert.equal(await browser.text('/clear'), hashSecret(browser.cookies.get('session_id') ?? ''))
  assert.equal(await browser.text('/show'), '{}')
})

test('Destroy ends the session, clears the cookie, and the old cookie opens nothing', async (context) => {
  const store = memoryStore()
  const browser = await visit(context, session({ store }), {
    '/set': set,
    '/show': show,
    '/destroy': (request, response) => {
      getSession(request).destroy()
      response.send('destroyed')
    },
  })
  await browser.request('/set?theme=dark')
  const token = browser.cookies.get('session_id') ?? ''
  await browser.request('/destroy')
  assert.equal(browser.cookies.size, 0)
  assert.equal(store.size, 0)
  browser.cookies.set('session_id', token)
  assert.equal(await browser.text('/show'), '{}')
})

test('TestSession_CustomCookie: every cookie option reaches the browser', async (context) => {
  const options: SessionOptions = {
    cookie: {
      name: '__Secure-shop',
      path: '/shop',
      domain: 'example.test',
      secure: true,
      sameSite: 'strict',
      priority: 'high',
      partitioned: true,
    },
    maxAge: '1h',
  }
  const line = await setCookieOf(context, options, '/shop/set')
  const expected =
    '__Secure-shop=TOKEN; Max-Age=3600; Domain=example.test; Path=/shop; HttpOnly; Secure; Partitioned; Priority=High; SameSite=Strict'
  assert.equal(line, expected)
  assert.equal(
    await setCookieOf(context, { cookie: { persistent: false, httpOnly: false } }),
    'session_id=TOKEN; Path=/; SameSite=Lax',
  )
})

test('a cookie with a path: outside of it a session is a visitor’s, and a change throws and says why', async (context) => {
  const store = memoryStore()
  let message = ''
  const browser = await visit(context, session({ store, cookie: { path: '/shop' } }), {
    '/set': (request, response) => {
      assert.deepEqual([getSession(request).get('theme'), getSession(request).isNew], [undefined, true])
      assert.throws(
        () => getSession(request).set('theme', 'dark'),
        (error: Error) => ((message = error.message), true),
      )
      response.send('read')
    },
  })
  const response = await browser.request('/set')
  assert.equal(await response.text(), 'read')
  assert.match(message, /outside of the cookie's path/)
  assert.deepEqual(response.headers.getSetCookie(), [])
  assert.equal(store.size, 0)
})

test('TestGenerateSessionID: ids are 64 hex characters and never repeat', async (context) => {
  const ids: string[] = []
  const browser = await visit(context, session(), {
    '/id': (request, response) => {
      ids.push(getSession(request).id)
      response.send('seen')
    },
  })
  await Promise.all(Array.from({ length: 200 }, () => browser.text('/id')))
  assert.equal(ids.length, 200)
  assert.ok(ids.every((id) => /^[0-9a-f]{64}$/.test(id)))
  assert.equal(new Set(ids).size, ids.length)
})

test('basicStore lifts Get, Save and Delete to a store', async (context) => {
  const rows = new Map<string, string>()
  const store = basicStore({
    get: (key) => rows.get(key),
    save: (key, value) => rows.set(key, value),
    delete: (key) => rows.delete(key),
  })
  const browser = await visit(context, session({ store }), { '/set': set, '/show': show })
  await browser.request('/set?theme=dark')
  assert.equal(rows.size, 1)
  assert.equal(await browser.text('/show'), '{"theme":"dark"}')
})

describe('life', () => {
  test('eager: session and cookie are there before the handler runs', async (context) => {
    const store = memoryStore()
    const browser = await visit(context, session({ store, eager: true }), {
      '/': (request, response) => {
        response.json([store.size, getSession(request).isNew])
      },
    })
    assert.equal(await browser.text('/'), '[1,false]')
    assert.match(browser.cookies.get('session_id') ?? '', /^[0-9a-f]{64}$/)
  })

  test('life by default a visitor without data gets neither row nor cookie', async (context) => {
    const store = memoryStore()
    const browser = await visit(context, session({ store }), { '/show': show })
    await browser.request('/show')
    assert.equal(store.size, 0)
    assert.equal(browser.cookies.size, 0)
  })

  test('a session is saved only when it changed', async (context) => {
    const store = memoryStore()
    let commits = 0
    const counting = {
      ...store,
      commit: (...given: Parameters<typeof store.commit>) => ((commits += 1), store.commit(...given)),
    }
    const browser = await visit(context, session({ store: counting }), { '/set': set, '/show': show })
    await browser.request('/set?theme=dark')
    await browser.request('/show')
    await browser.request('/set?theme=dark')
    assert.equal(commits, 0)
    await browser.request('/set?theme=light')
    assert.equal(commits, 1)
  })

  test('every 10 minutes sessions unused for 24 hours are swept', async () => {
    const clock = fakeClock()
    const store = memoryStore()
    const sessions = createSessionManager({ store, clock })
    await sessions.handle(new Request('http://shop.test/'), (_, session) => {
      session.set('theme', 'dark')
      return new Response()
    })
    clock.advance('24h')
    assert.equal(store.size, 1)
    clock.advance('10m')
    assert.equal(store.size, 0)
    await sessions.close()
  })

  test('the timer keeps no process alive', () => {
    const before = countTimers()
    const cancel = systemClock.scheduleIdly(60_000, () => {})
    assert.equal(countTimers(), before)
    cancel()
  })
})

test('safe under concurrent requests: 50 requests with a name each keep 50 values', async (context) => {
  const waiting: (() => void)[] = []
  const browser = await visit(context, session(), {
    '/set': set,
    '/show': show,
    '/slow': async (request, response) => {
      const { resolve, promise } = Promise.withResolvers<void>()
      waiting.push(resolve)
      if (waiting.length === 50) for (const release of waiting) release()
      await promise
      getSession(request).set(String(request.query['name']), 1)
      response.send('set')
    },
  })
  await browser.request('/set?first=1')
  await Promise.all(Array.from({ length: 50 }, (_, index) => browser.text(`/slow?name=name${index}`)))
  assert.equal(Object.keys(JSON.parse(await browser.text('/show'))).length, 51)
})

test('the memory store hands out copies that nobody can change', async () => {
  const store = memoryStore()
  const sessions = createSessionManager<{ cart: string[] }>({ store })
  const cart = ['coat']
  const response = await sessions.handle(new Request('http://shop.test/'), (_, session) => {
    session.set('cart', cart)
    cart.push('hat')
    return new Response()
  })
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  await sessions.handle(new Request('http://shop.test/', { headers: { cookie } }), (_, session) => {
    assert.deepEqual(session.get('cart'), ['coat'])
    assert.throws(() => (session.get('cart') as string[]).push('hat'), TypeError)
    return new Response()
  })
})

test('the session is kept under a private key: an application’s own session property is untouched', async (context) => {
  const browser = await visit(context, session(), {
    '/': (request, response) => {
      Object.assign(request, { session: 'mine', sessions: 'mine', coatcheck: 'mine' })
      response.json([
        Object.keys(request).filter((name) => /session|coat/.test(name)),
        getSession(request).isNew,
      ])
    },
  })
  assert.equal(await browser.text('/'), '[["session","sessions","coatcheck"],true]')
})
