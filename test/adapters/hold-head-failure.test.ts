import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { suite, test } from 'node:test'
import { holdHead } from '../../src/adapters/node/hold-head.ts'
import type { HeadGate } from '../../src/adapters/node/head-gate.ts'
import { answerBusy, createControlledGate, lastRequest, listen, serveHeld } from './hold-head-harness.ts'

const refusal = new Error('no store')
const busy =
  'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n' +
  'Connection: close\r\nContent-Length: 14\r\n\r\nbusy: no store'
const big = 'x'.repeat(100_000)

function createRefusingGate(isAsync: boolean): HeadGate {
  return {
    open() {
      if (!isAsync) throw refusal
      return Promise.reject(refusal)
    },
    fail: answerBusy,
  }
}

for (const isAsync of [false, true]) {
  suite(isAsync ? 'a gate that rejects' : 'a gate that throws', () => {
    const ways: Record<string, (response: ServerResponse, seen: (error?: Error | null) => void) => void> = {
      end: (response, seen) => void response.end('lie', seen),
      'write and end': (response, seen) => {
        response.write('lie', seen)
        response.write('lie', 'utf8', seen)
        response.end(seen)
      },
      'writeHead and end': (response, seen) => {
        response.writeHead(200, 'Fine', {
          'Content-Length': 3,
          'Content-Type': 'text/lie',
          'Set-Cookie': 'lie=1',
        })
        response.end('lie', 'utf8', seen)
      },
      flushHeaders: (response, seen) => {
        response.flushHeaders()
        response.end('lie', seen)
      },
      'set headers': (response, seen) => {
        response.setHeader('Set-Cookie', ['lie=1', 'lie=2'])
        response.setHeader('Content-Length', 3)
        response.setHeader('Date', 'never')
        response.setHeader('Transfer-Encoding', 'chunked')
        response.setHeader('Connection', 'keep-alive')
        response.addTrailers({ 'X-Lie': '1' })
        response.statusMessage = 'Lie'
        response.end('lie', seen)
      },
      'removed headers': (response, seen) => {
        response.removeHeader('Content-Length')
        response.removeHeader('Date')
        response.end('lie', seen)
      },
      'a status without body': (response, seen) => {
        response.writeHead(204)
        response.end(seen)
      },
      cork: (response, seen) => {
        response.cork()
        response.write('lie', seen)
        response.cork()
        response.end('lie')
      },
    }
    for (const [way, respond] of Object.entries(ways)) {
      test(`answers instead of ${way}`, async () => {
        const errors: unknown[] = []
        await using held = await serveHeld(createRefusingGate(isAsync), (_, response) => {
          response.on('finish', () => errors.push('finish'))
          respond(response, (error) => errors.push(error))
        })
        assert.equal(await held.received, busy)
        assert.deepEqual(new Set(errors), new Set([refusal, 'finish']))
      })
    }

    test('sends no trailers of the handler', async () => {
      await using held = await serveHeld(
        {
          ...createRefusingGate(isAsync),
          fail(_, response) {
            response.write('busy')
            response.end()
          },
        },
        (_, response) => {
          response.addTrailers({ 'X-Lie': '1' })
          response.end('lie')
        },
      )
      assert.match(await held.received, /\r\n4\r\nbusy\r\n0\r\n\r\n$/)
    })

    test('keeps the connection open', async () => {
      let isFirst = true
      await using listening = await listen((_, response) => {
        if (isFirst) holdHead(response, createRefusingGate(isAsync))
        isFirst = false
        response.writeHead(200, { 'Content-Length': 4 })
        response.end('body')
      })
      const received = await listening.exchange(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${lastRequest()}`)
      assert.match(received, /^HTTP\/1.1 503 [^]*keep-alive[^]*busy: no storeHTTP\/1.1 200 OK\r\n[^]*body$/)
    })

    test('sends Date again', async () => {
      await using listening = await listen((_, response) => {
        holdHead(response, createRefusingGate(isAsync))
        response.setHeader('Date', 'never').end('lie')
      })
      const socket = listening.connect()
      socket.write(lastRequest())
      const [data] = await once(socket, 'data')
      assert.match(String(data), /Date: \w+, \d/)
    })

    test('calls fail with a cleared head', async () => {
      const states: unknown[] = []
      await using held = await serveHeld(
        {
          ...createRefusingGate(isAsync),
          fail(error, response) {
            const { headersSent, writableEnded, statusCode, statusMessage } = response
            states.push(
              error,
              headersSent,
              writableEnded,
              statusCode,
              statusMessage,
              response.getHeaderNames(),
            )
            response.end()
          },
        },
        (_, response) =>
          void response.setHeader('X-A', '1').writeHead(201, 'Made', { 'X-B': '1' }).end('lie'),
      )
      assert.match(await held.received, /^HTTP\/1.1 500 Internal Server Error\r\n/)
      assert.deepEqual(states, [refusal, false, false, 500, '', []])
    })

    test('drops what the handler writes afterwards', async () => {
      const errors: unknown[] = []
      await using held = await serveHeld(
        createRefusingGate(isAsync),
        (_, response) => void response.write('lie'),
      )
      await held.received
      const { response } = held
      assert.equal(
        response.write('lie', (error) => errors.push(error)),
        true,
      )
      assert.equal(
        response.end('lie', 'utf8', (error?: Error) => errors.push(error)),
        response,
      )
      response.flushHeaders()
      assert.throws(() => response.writeHead(200), { code: 'ERR_HTTP_HEADERS_SENT' })
      await new Promise(setImmediate)
      assert.deepEqual(errors, [refusal, refusal])
    })

    test('ends a pipe', async () => {
      const source = Readable.from([big, big, 'end'])
      await using held = await serveHeld(
        createRefusingGate(isAsync),
        (_, response) => void source.pipe(response),
      )
      assert.equal(await held.received, busy)
      await held.closed
    })

    test('ends a pipe whose source does not wait', async () => {
      await using held = await serveHeld(createRefusingGate(isAsync), (_, response) => {
        const source = new Readable({ read() {} })
        source.on('data', (chunk) => response.write(chunk))
        source.on('end', () => response.end())
        for (let count = 0; count < 20; count++) setImmediate(() => source.push(big))
        setImmediate(() => setImmediate(() => source.push(null)))
      })
      assert.equal(await held.received, busy)
    })

    for (const [kind, source] of Object.entries({
      stream: () => Readable.from([big, big, 'end']),
      'endless stream': () =>
        new Readable({
          read() {
            this.push(big)
          },
        }),
      iterable: () => [big, big, 'end'],
    })) {
      test(`settles a pipeline from a ${kind}`, async () => {
        let settled: Promise<unknown> | undefined
        await using held = await serveHeld(createRefusingGate(isAsync), (_, response) => {
          settled = pipeline(source(), response).catch((error) => error)
        })
        assert.equal(await held.received, busy)
        await settled
      })
    }

    test('closes the connection when fail throws', async () => {
      await using held = await serveHeld(
        {
          ...createRefusingGate(isAsync),
          fail() {
            throw new Error('broken')
          },
        },
        (_, response) => void response.end('lie'),
      )
      await held.closed
      assert.equal(await held.received, '')
    })

    test('lets fail answer later', async () => {
      const answer = Promise.withResolvers<void>()
      await using held = await serveHeld(
        {
          ...createRefusingGate(isAsync),
          fail: (error, response) => void answer.promise.then(() => answerBusy(error, response)),
        },
        (_, response) => void response.end('lie'),
      )
      answer.resolve()
      assert.equal(await held.received, busy)
    })
  })
}

test('a gate that rejects in the middle of a pipe answers once', async () => {
  const gate = createControlledGate()
  const source = new Readable({ read() {} })
  await using held = await serveHeld(gate, (_, response) => void source.pipe(response))
  source.push(big)
  await gate.arrived
  gate.refuse(refusal)
  await new Promise(setImmediate)
  source.push(big)
  source.push(null)
  assert.equal(await held.received, busy)
})
