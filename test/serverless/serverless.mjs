// Express and our middleware, as built, behind every adapter that runs node applications as functions. Those look at
// the response while a save is under way, and freeze the process once they have an answer.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import express from 'express'
import { memoryStore } from '../../dist/index.js'
import { getSession, session } from '../../dist/express.js'
import { createEvent, functions, readResult } from './functions.mjs'

/** A store that answers as late as one on another machine does, and that can be made to fail. */
function createStore({ latency = 0 } = {}) {
  const rows = memoryStore()
  const store = { ...rows, failing: new Set() }
  for (const verb of ['create', 'read', 'commit', 'touch', 'delete']) {
    store[verb] = async (...values) => {
      if (latency > 0) await wait(latency)
      if (store.failing.has(verb)) throw new Error(`${verb} failed`)
      return rows[verb](...values)
    }
  }
  return store
}

function createApp(store, options) {
  const app = express()
  app.use(session({ store }, options))
  app.post('/login', (request, response) => {
    getSession(request).login('u_1')
    response.json({ user: 'u_1' })
  })
  app.get('/page', (request, response) => response.send(`page of ${getSession(request).userId ?? 'nobody'}`))
  app.get('/stream', (request, response) => {
    getSession(request).set('seen', true)
    response.type('text')
    response.write('one, ')
    setTimeout(() => response.end('two'), 5)
  })
  app.get('/head', (request, response) => {
    response.writeHead(200, { 'Cache-Control': 'public' }).end(`page of ${getSession(request).userId}`)
  })
  app.post('/logout', (request, response) => {
    getSession(request).logout()
    response.send('bye')
  })
  app.get('/broken', (request) => {
    getSession(request).set('lost', true)
    throw new Error('a bug')
  })
  app.use((error, _request, response, _next) => {
    response.status(error.status ?? 500).send(`failed with ${error.status ?? 500}`)
  })
  return app
}

const answerLater = (_error, _request, response) => {
  response.writeHead(503, { 'Retry-After': '5' }).end('later')
}

const cookieOf = ({ cookies }) => cookies.find((line) => line.startsWith('session_id='))?.split(';')[0]

/** Calls the application as a function. */
function start(createFunction, store = createStore(), options = {}) {
  const run = createFunction(createApp(store, options))
  return async (method, path, cookie) => readResult(await run(createEvent(method, path, cookie), {}))
}

for (const [name, createFunction] of Object.entries(functions)) {
  suite(name, () => {
    for (const latency of [0, 20]) {
      test(`signs in, shows a page, signs out; the store takes ${latency} ms`, async () => {
        const send = start(createFunction, createStore({ latency }))
        const login = await send('POST', '/login')
        assert.deepEqual([login.status, login.body], [200, '{"user":"u_1"}'])
        const cookie = cookieOf(login)
        assert.match(String(cookie), /^session_id=[0-9a-f]{64}$/)
        assert.match(login.headers['cache-control'], /no-store/)
        assert.equal((await send('GET', '/page', cookie)).body, 'page of u_1')
        const logout = await send('POST', '/logout', cookie)
        assert.deepEqual([logout.status, logout.body], [200, 'bye'])
        assert.equal(cookieOf(logout), 'session_id=')
        assert.equal((await send('GET', '/page', cookie)).body, 'page of nobody')
      })
    }

    test('a visitor gets a page and no cookie', async () => {
      const page = await start(createFunction)('GET', '/page')
      assert.deepEqual([page.status, page.body, page.cookies], [200, 'page of nobody', []])
    })

    test('a body that is written in pieces arrives whole', async () => {
      const page = await start(createFunction, createStore({ latency: 20 }))('GET', '/stream')
      assert.deepEqual([page.status, page.body], [200, 'one, two'])
      assert.match(String(cookieOf(page)), /^session_id=/)
      if (page.pieces) assert.deepEqual(page.pieces.filter(Boolean), ['one, ', 'two'])
    })

    test('a session first used after writeHead makes the page private', async () => {
      const send = start(createFunction)
      const cookie = cookieOf(await send('POST', '/login'))
      const page = await send('GET', '/head', cookie)
      assert.equal(page.body, 'page of u_1')
      assert.match(page.headers['cache-control'], /private/)
    })

    test('a login that cannot be saved is answered with 503 and no cookie', async () => {
      const store = createStore({ latency: 5 })
      store.failing.add('create')
      const login = await start(createFunction, store)('POST', '/login')
      assert.equal(login.status, 503)
      assert.doesNotMatch(login.body, /u_1/)
      assert.deepEqual(login.cookies, [])
    })

    test('onSaveError answers', async () => {
      const store = createStore({ latency: 5 })
      store.failing.add('create')
      const login = await start(createFunction, store, { onSaveError: answerLater })('POST', '/login')
      assert.deepEqual([login.status, login.body, login.headers['retry-after']], [503, 'later', '5'])
    })

    test('a store that cannot be read goes to the error handler of the application', async () => {
      const store = createStore()
      const send = start(createFunction, store)
      const cookie = cookieOf(await send('POST', '/login'))
      store.failing.add('read')
      const page = await send('GET', '/page', cookie)
      assert.deepEqual([page.status, page.body], [503, 'failed with 503'])
    })

    test('a handler that fails saves nothing', async () => {
      const page = await start(createFunction)('GET', '/broken')
      assert.deepEqual([page.status, page.body, page.cookies], [500, 'failed with 500', []])
    })
  })
}
