// What others make of a response whose save is under way: servers that shut down, adapters for functions,
// error handlers. None of them may take an answer for sent that is not.

import assert from 'node:assert/strict'
import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import * as http2 from 'node:http2'
import { Socket } from 'node:net'
import { suite, test } from 'node:test'
import fastifyExpress from '@fastify/express'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import onFinished from 'on-finished'
import { session as expressSession } from '../../src/express.ts'
import { withSession } from '../../src/node.ts'
import { createSessionManager, SessionError } from '../../src/index.ts'
import { controlledStore } from '../core/controlled-store.ts'
import type { Loose } from '../core/harness.ts'
import { serve } from '../support/serve.ts'
import { listenOnFreePort } from '../support/listen-on-free-port.ts'

function openHeld() {
  const store = controlledStore()
  store.plan('create', 'hold')
  return { store, sessions: createSessionManager<Loose>({ store }) }
}

suite('a server that stops while a save is under way', () => {
  for (const how of ['close', 'closeIdleConnections'] as const) {
    test(`${how}: the answer arrives`, async () => {
      const { store, sessions } = openHeld()
      const listener = withSession((request, response) => {
        sessions.get(request).login('u_1')
        response.end('signed in')
      }, sessions)
      const server = createServer(listener)
      const answer = fetch(`http://127.0.0.1:${await listenOnFreePort(server)}`)
      const call = await store.held('create')
      server[how]()
      call.pass()
      const response = await answer
      assert.equal(await response.text(), 'signed in')
      assert.equal(response.headers.getSetCookie().length, 1)
      server.close()
      server.closeAllConnections()
    })
  }

  test('close of Fastify: the answer arrives', async () => {
    const { store, sessions } = openHeld()
    const app = Fastify()
    await app.register(fastifyExpress)
    app.use(expressSession(sessions))
    app.use('/login', (request, response) => {
      sessions.get(request).login('u_1')
      response.end('signed in')
    })
    const answer = fetch(`${await app.listen({ port: 0, host: '127.0.0.1' })}/login`)
    const call = await store.held('create')
    const closed = app.close()
    call.pass()
    assert.equal(await (await answer).text(), 'signed in')
    await closed
  })
})

test('an adapter for functions, whose response has no connection, gets body and cookie', async () => {
  const { store, sessions } = openHeld()
  const app = express()
  app.use(expressSession(sessions))
  app.get('/', (request, response) => {
    sessions.get(request).login('u_1')
    response.send('hello u_1')
  })
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/' })
  const response = new ServerResponse(request)
  let sent = ''
  const { promise, resolve } = Promise.withResolvers<void>()
  // As those adapters do: a socket that gathers, and a look at the response once the application has returned.
  const socket = {
    _writableState: {},
    writable: true,
    on() {},
    removeListener() {},
    destroy() {},
    cork() {},
    uncork() {},
    write(data: string | Uint8Array, encoding?: unknown, callback?: unknown) {
      sent += Buffer.from(data as string).toString('latin1')
      const done = [encoding, callback].find((value) => typeof value === 'function')
      if (done) process.nextTick(done)
      return true
    },
  }
  response.assignSocket(socket as never)
  app(request as never, response as never)
  if (response.finished || response.writableEnded) resolve()
  else response.on('finish', resolve)
  ;(await store.held('create')).pass()
  await promise
  assert.match(sent, /\r\nSet-Cookie: session_id=[^]*hello u_1$/)
})

suite('the promise of withSession', () => {
  test('resolves to what the handler returns, after the answer is no longer held', async (context) => {
    const { store, sessions } = openHeld()
    const order: unknown[] = []
    const listener = withSession(async (request, response) => {
      await Promise.resolve()
      sessions.get(request).set('theme', 'dark')
      response.end('saved')
      order.push('the handler is done')
      return 'a result'
    }, sessions)
    const origin = await serve(context, async (request, response) => {
      const result = await listener(request, response)
      order.push(result, response.writableEnded)
    })
    const answer = fetch(origin)
    const call = await store.held('create')
    assert.deepEqual(order, ['the handler is done'])
    call.pass()
    assert.equal(await (await answer).text(), 'saved')
    assert.deepEqual(order, ['the handler is done', 'a result', true])
  })

  for (const how of ['throws', 'rejects'] as const) {
    test(`rejects with what the handler ${how}, after the answer has left`, async (context) => {
      const { store, sessions } = openHeld()
      const failure = new Error('a bug')
      const caught = Promise.withResolvers<unknown>()
      const listener = withSession((request, response) => {
        sessions.get(request).set('theme', 'dark')
        response.end('saved')
        if (how === 'rejects') return Promise.reject(failure)
        throw failure
      }, sessions)
      const origin = await serve(context, (request, response) => {
        listener(request, response).catch((error: unknown) => caught.resolve([error, response.writableEnded]))
      })
      const answer = fetch(origin)
      ;(await store.held('create')).pass()
      assert.equal(await (await answer).text(), 'saved')
      assert.deepEqual(await caught.promise, [failure, true])
    })
  }

  test('a session error is answered with its status', async (context) => {
    class Replaced extends SessionError {
      override readonly code = 'ERR_SESSION_STATE'
      override readonly status = 409
    }
    const origin = await serve(
      context,
      withSession(() => {
        throw new Replaced('the session was replaced')
      }),
    )
    assert.equal((await fetch(origin)).status, 409)
  })
})

suite('an error handler that answers and passes the error on', () => {
  for (const [version, create] of [
    ['4', express4],
    ['5', express],
  ] as const) {
    test(`the answer arrives whole, on Express ${version}`, async (context) => {
      const { store, sessions } = openHeld()
      const app = create()
      const passedOn = Promise.withResolvers<void>()
      app.set('env', 'test')
      app.use(expressSession(sessions))
      app.post('/', (request, _response, next) => {
        sessions.get(request).update('tries', (tries = 0) => Number(tries) + 1)
        next(Object.assign(new Error('wrong password'), { status: 401 }))
      })
      const handleError: express.ErrorRequestHandler = (error, _request, response, next) => {
        response.status(401).send('wrong password')
        next(error)
        passedOn.resolve()
      }
      app.use(handleError)
      const answer = fetch(await serve(context, app), { method: 'POST' })
      const call = await store.held('create')
      await passedOn.promise
      // Express hands the error to its last handler in a turn of its own.
      for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => void setImmediate(resolve))
      call.pass()
      const response = await answer
      assert.deepEqual([response.status, await response.text()], [401, 'wrong password'])
    })
  }
})

test('http2: a stream destroyed behind its end closes, though its request is still coming', async () => {
  const { store, sessions } = openHeld()
  const closed = Promise.withResolvers<void>()
  const listener = withSession((request, response) => {
    response.on('close', closed.resolve)
    sessions.get(request).set('theme', 'dark')
    response.end('saved')
    response.destroy()
  }, sessions)
  const server = http2.createServer(listener as never)
  const client = http2.connect(`http://127.0.0.1:${await listenOnFreePort(server)}`)
  const upload = client.request({ ':method': 'POST' }, { endStream: false })
  upload.on('error', () => {})
  upload.setEncoding('utf8')
  let received = ''
  upload.on('data', (text) => (received += String(text)))
  ;(await store.held('create')).pass()
  await closed.promise
  await new Promise((resolve) => void upload.on('close', resolve))
  assert.equal(received, 'saved')
  client.destroy()
  server.close()
})

test('on-finished waits for the save', async (context) => {
  const { store, sessions } = openHeld()
  const seen: unknown[] = []
  const origin = await serve(
    context,
    withSession((request, response) => {
      sessions.get(request).set('theme', 'dark')
      response.end('saved')
      onFinished(response, () => seen.push(response.writableFinished))
    }, sessions),
  )
  const answer = fetch(origin)
  const call = await store.held('create')
  await new Promise((resolve) => void setImmediate(resolve))
  assert.deepEqual(seen, [])
  call.pass()
  await (await answer).text()
  await new Promise((resolve) => void setImmediate(resolve))
  assert.deepEqual(seen, [true])
})

test('a second end that comes during the save is no error event', async (context) => {
  const { store, sessions } = openHeld()
  const errors: unknown[] = []
  const origin = await serve(
    context,
    withSession((request, response) => {
      response.on('error', (error) => errors.push(error))
      sessions.get(request).set('theme', 'dark')
      response.end('one')
      setImmediate(() => response.end('two'))
    }, sessions),
  )
  const answer = fetch(origin)
  const call = await store.held('create')
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => void setImmediate(resolve))
  call.pass()
  assert.equal(await (await answer).text(), 'one')
  assert.deepEqual(errors, [])
})
