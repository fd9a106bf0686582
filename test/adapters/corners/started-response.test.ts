import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import express from 'express'
import express4 from 'express4'
import { session } from '../../../src/node.ts'
import { session as expressSession } from '../../../src/express.ts'
import { createSessionManager } from '../../../src/index.ts'
import { compareCorners } from './compare.ts'
import { visit } from './visit.ts'
import type { Build, Corner } from './visit.ts'
import { formatRequest, openWire, protocols, sendHttp1 } from './wire.ts'

/** What frameworks do with an error: answer it if they still can, else close the connection. */
const failing: Build = (handler, sessions) => {
  const serve = sessions ? session(sessions) : undefined
  return (request, response) => {
    const run = (): void => {
      try {
        handler(request, response)
      } catch (error) {
        if (response.headersSent) return void response.destroy()
        response.statusCode = 500
        response.end(`failed: ${(error as Error).message}`)
      }
    }
    if (serve) serve(request, response, run)
    else run()
  }
}

const failures: Record<string, Corner> = {
  'an error before the head': {
    modes: ['nothing to save', 'a session read'],
    handle(response) {
      response.setHeader('X-A', '1')
      throw new Error('early')
    },
  },
  'an error after writeHead, answered with an end': {
    modes: ['nothing to save', 'a session read', 'a save held back', 'a save refused'],
    handle(response, { order }) {
      response.writeHead(200, { 'X-A': '1' })
      response.write('begun')
      order(response.headersSent)
      response.end('failed')
    },
  },
}
compareCorners(failures, protocols, failing)

suite('an error after a started response', () => {
  for (const protocol of protocols) {
    test(`is cut off while its save is held, and the save is kept, on ${protocol}`, async () => {
      const corner: Corner = {
        handle(response) {
          response.write('begun')
          throw new Error('late')
        },
      }
      for (const mode of [undefined, 'a save held back'] as const) {
        const { received, rows } = await visit(protocol, corner, mode, failing)
        assert.doesNotMatch(received, /failed|session_id/)
        assert.equal(rows.size, mode ? 1 : 0)
      }
    })
  }
})

const twice: Build = (handler, sessions) => {
  if (!sessions) return handler
  const [outer, inner] = [session(sessions), session(sessions)]
  return (request, response) =>
    outer(request, response, () => inner(request, response, () => handler(request, response)))
}

suite('two session middlewares on one request', () => {
  compareCorners(
    {
      'of one manager': { handle: (response) => void response.writeHead(200, { 'X-A': '1' }).end('body') },
      'of one manager, with writes': {
        handle(response, { order }) {
          response.write('one', () => order('one'))
          response.end('two', () => order('two'))
        },
      },
    },
    protocols,
    twice,
  )

  for (const protocol of protocols) {
    test(`of two managers are two sessions and two cookies, on ${protocol}`, async () => {
      const shop = createSessionManager<Record<string, unknown>>({ cookie: { name: 'shop' } })
      const admin = createSessionManager<Record<string, unknown>>({ cookie: { name: 'admin' } })
      const [outer, inner] = [session(shop), session(admin)]
      await using wire = await openWire(protocol, (request, response) =>
        outer(request, response, () =>
          inner(request, response, () => {
            shop.get(request).set('cart', 1)
            admin.get(request).login('u_1')
            response.setHeader('Set-Cookie', 'own=1')
            response.end('body')
          }),
        ),
      )
      const headers = protocol === 'http2' ? {} : { Connection: 'close' }
      const received = await wire.send({ headers }).done
      assert.deepEqual(received.match(/(?<=^set-cookie: )\w+/gim), ['own', 'admin', 'shop'])
      assert.match(received, /body$/)
    })
  }
})

for (const [version, create] of [
  ['4', express4],
  ['5', express],
] as const) {
  for (const hasSession of [false, true]) {
    test(`Express ${version} cuts off a response that fails after its start, ${hasSession ? 'with' : 'without'} a session`, async () => {
      const app = create()
      app.set('env', 'test')
      const sessions = createSessionManager<Record<string, unknown>>()
      if (hasSession) app.use(expressSession(sessions))
      let isFailed = false
      app.get('/', (request, response, next) => {
        if (hasSession) sessions.get(request).set('theme', 'dark')
        response.write('begun')
        next(new Error('late'))
      })
      const handleError: express.ErrorRequestHandler = (error, _request, response, next) => {
        isFailed = response.headersSent
        next(error)
      }
      app.use(handleError)
      await using wire = await openWire('http/1.1', app as never)
      const received = await sendHttp1(wire.port, formatRequest({})).done
      assert.equal(isFailed, true)
      assert.doesNotMatch(received, /\r\n0\r\n\r\n|Internal Server Error/)
    })
  }
}
