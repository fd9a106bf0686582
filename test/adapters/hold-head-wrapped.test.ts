import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, connect } from 'node:http2'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { createGzip, gunzipSync } from 'node:zlib'
import { holdHead } from '../../src/adapters/node/hold-head.ts'
import type { HeadGate, ResponseHead } from '../../src/adapters/node/head-gate.ts'
import { listenOnFreePort } from '../support/listen-on-free-port.ts'
import { answerBusy, lastRequest, listen } from './hold-head-harness.ts'
import type { Handler } from './hold-head-harness.ts'

const later = (act: () => void): Promise<void> => new Promise(setImmediate).then(act)

function fail(): never {
  throw new Error('no store')
}

function createGate(name: string, when: 'now' | 'later', opened: string[]): HeadGate {
  return {
    open(head) {
      const open = (): void => {
        opened.push(name)
        head.appendHeader('X-Gate', name)
      }
      return when === 'now' ? open() : later(open)
    },
    fail: answerBusy,
  }
}

async function exchange(handler: Handler): Promise<string> {
  await using listening = await listen(handler)
  return await listening.exchange(lastRequest())
}

// Does what compression middleware does: decides at the head, then writes and ends from a stream.
function compress(response: ServerResponse, isHeadSent: (response: ServerResponse) => boolean): void {
  const { writeHead, write, end } = response
  const gzip = createGzip()
  let isDecided = false
  Object.assign(response, {
    writeHead(this: ServerResponse, ...head: unknown[]) {
      if (!isDecided) this.setHeader('Content-Encoding', 'gzip')
      isDecided = true
      return Reflect.apply(writeHead, this, head)
    },
    write(this: ServerResponse, chunk: string) {
      if (!isHeadSent(this)) this.writeHead(this.statusCode)
      return gzip.write(chunk)
    },
    end(this: ServerResponse, chunk?: string) {
      if (!isHeadSent(this)) this.writeHead(this.statusCode)
      gzip.end(chunk)
      return this
    },
  })
  gzip.on('data', (chunk) => {
    if (Reflect.apply(write, response, [chunk]) === false) gzip.pause()
  })
  gzip.on('end', () => Reflect.apply(end, response, []))
  response.on('drain', () => gzip.resume())
}

const checks: Record<string, (response: ServerResponse) => boolean> = {
  headersSent: (response) => response.headersSent,
  _header: (response) => Boolean(Reflect.get(response, '_header')),
}

function readGzip(received: string): string {
  const [head, ...rest] = received.split('\r\n\r\n')
  assert.match(head ?? '', /Content-Encoding: gzip/)
  let body = Buffer.from(rest.join('\r\n\r\n'), 'latin1')
  const parts: Buffer[] = []
  while (body.length > 0) {
    const line = body.indexOf('\r\n')
    const size = Number.parseInt(body.toString('latin1', 0, line), 16)
    parts.push(body.subarray(line + 2, line + 2 + size))
    body = body.subarray(line + size + 4)
  }
  return gunzipSync(Buffer.concat(parts)).toString()
}

suite('with compression', () => {
  const body = 'abc'.repeat(200_000)
  for (const when of ['now', 'later'] as const) {
    for (const [check, isHeadSent] of Object.entries(checks)) {
      for (const place of ['in front', 'behind']) {
        for (const sending of ['one end', 'write and end', 'explicit head'] as const) {
          test(`${place}, looking at ${check}, opened ${when}, ${sending}`, async () => {
            const opened: string[] = []
            const received = await exchange((_, response) => {
              if (place === 'in front') compress(response, isHeadSent)
              holdHead(response, createGate('a', when, opened))
              if (place === 'behind') compress(response, isHeadSent)
              if (sending === 'explicit head') response.writeHead(200, { 'X-Given': '1' })
              if (sending !== 'one end') response.write(body)
              response.end(body)
            })
            assert.equal(readGzip(received), sending === 'one end' ? body : body + body)
            assert.equal(received.match(/X-Gate: a/g)?.length, 1)
            assert.deepEqual(opened, ['a'])
          })
        }
      }
    }
  }

  test('leaves the drain to middleware in front whose write returned false', async () => {
    let drains = 0
    const received = await exchange((_, response) => {
      const { write } = response
      response.write = function (this: ServerResponse, ...values: unknown[]) {
        Reflect.apply(write, this, values)
        setImmediate(() => response.emit('drain'))
        return false
      } as typeof write
      holdHead(response, createGate('a', 'later', []))
      response.on('drain', () => drains++)
      response.write('x')
      response.once('drain', () => setImmediate(() => response.end()))
    })
    assert.match(received, /x\r\n0\r\n\r\n$/)
    assert.equal(drains, 1)
  })

  test('a pipe waits for the drain of middleware that redirects its listeners', async () => {
    const chunk = 'x'.repeat(1000)
    const received = await exchange((_, response) => {
      const ownEmitter = new EventEmitter()
      const { on } = response
      response.on = function (this: ServerResponse, type: string, listener: (...values: unknown[]) => void) {
        return type === 'drain' ? ownEmitter.on(type, listener) : Reflect.apply(on, this, [type, listener])
      } as typeof on
      holdHead(response, createGate('a', 'later', []))
      Readable.from([chunk, chunk, chunk]).pipe(response)
    })
    assert.equal(received.match(/x{1000}/g)?.length, 3)
  })

  for (const when of ['now', 'later'] as const) {
    test(`behind, a failure ${when} is answered uncompressed`, async () => {
      const received = await exchange((_, response) => {
        holdHead(response, { open: () => (when === 'now' ? fail() : later(fail)), fail: answerBusy })
        compress(response, (target) => target.headersSent)
        response.write('lie')
        response.end('lie')
      })
      assert.match(received, /^HTTP\/1.1 503 [^]*\r\n\r\nbusy: no store$/)
      assert.doesNotMatch(received, /gzip/)
    })
  }
})

suite('with other middleware', () => {
  for (const when of ['now', 'later'] as const) {
    test(`calls what was on the response, with the handler’s arguments, opened ${when}`, async () => {
      const calls: unknown[] = []
      const headers = ['A', '1', 'a', '2']
      await exchange((_, response) => {
        for (const name of ['writeHead', 'write', 'end', 'flushHeaders'] as const) {
          const original = response[name]
          Reflect.set(response, name, function (this: ServerResponse, ...values: unknown[]) {
            calls.push([name, this === response, ...values.filter((value) => value !== undefined)])
            return Reflect.apply(original, this, values)
          })
        }
        holdHead(response, { open: () => (when === 'now' ? undefined : later(() => {})), fail: assert.fail })
        response.writeHead(200, 'OK', headers as never)
        response.flushHeaders()
        response.write('a', 'utf8')
        response.end('b')
      })
      assert.deepEqual(calls, [
        ['writeHead', true, 200, 'OK', headers],
        ['flushHeaders', true],
        ['write', true, 'a', 'utf8'],
        ['end', true, 'b'],
      ])
      if (when === 'now') assert.equal((calls[0] as unknown[])[4], headers)
    })

    test(`lets a wrapper around writeHead add headers, opened ${when}`, async () => {
      const received = await exchange((_, response) => {
        holdHead(response, createGate('a', when, []))
        const { writeHead } = response
        response.writeHead = function (this: ServerResponse, ...head: unknown[]) {
          this.setHeader('X-Late', '1')
          return Reflect.apply(writeHead, this, head)
        } as typeof writeHead
        response.end('body')
      })
      assert.match(received, /X-Late: 1\r\n/)
      assert.match(received, /X-Gate: a\r\n/)
      assert.match(received, /Content-Length: 4\r\n\r\nbody$/)
    })

    test(`restores the original methods, opened ${when}`, async () => {
      const names = ['writeHead', 'write', 'end', 'flushHeaders'] as const
      await exchange((_, response) => {
        const before = names.map((name) => response[name])
        holdHead(response, createGate('a', when, []))
        response.on('finish', () =>
          assert.deepEqual(
            names.map((name) => response[name]),
            before,
          ),
        )
        response.end('x')
      })
    })
  }

  test('a head that was already sent is not held', async () => {
    const received = await exchange((_, response) => {
      response.flushHeaders()
      const { write } = response
      holdHead(response, { open: () => assert.fail('open'), fail: assert.fail })
      assert.equal(response.write, write)
      response.end('x')
    })
    assert.match(received, /x\r\n0\r\n\r\n$/)
  })

  test('a head sent by a captured writeHead is not held', async () => {
    const received = await exchange((_, response) => {
      const { writeHead } = response
      holdHead(response, { open: () => assert.fail('open'), fail: assert.fail })
      writeHead.call(response, 200)
      response.write('x')
      response.end()
    })
    assert.match(received, /x\r\n0\r\n\r\n$/)
  })
})

suite('two gates on one response', () => {
  for (const outer of ['now', 'later'] as const) {
    for (const inner of ['now', 'later'] as const) {
      test(`outer ${outer}, inner ${inner}: both open once, the inner one first`, async () => {
        const opened: string[] = []
        const received = await exchange((_, response) => {
          holdHead(response, createGate('outer', outer, opened))
          holdHead(response, createGate('inner', inner, opened))
          response.writeHead(200, { 'X-A': '1' })
          response.write('one')
          response.end('two')
        })
        assert.deepEqual(opened, ['inner', 'outer'])
        assert.match(received, /X-Gate: inner\r\nX-Gate: outer\r\n/)
        assert.match(received, /3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/)
      })

      test(`outer ${outer}, inner ${inner} fails: the outer one opens for the answer`, async () => {
        const opened: string[] = []
        const received = await exchange((_, response) => {
          holdHead(response, createGate('outer', outer, opened))
          holdHead(response, { open: () => (inner === 'now' ? fail() : later(fail)), fail: answerBusy })
          response.write('lie')
          response.write('lie')
          response.end('lie')
        })
        assert.deepEqual(opened, ['outer'])
        assert.match(received, /^HTTP\/1.1 503 [^]*X-Gate: outer\r\n[^]*\r\n\r\nbusy: no store$/)
      })

      test(`outer ${outer} fails, inner ${inner}: the outer one answers`, async () => {
        const opened: string[] = []
        const received = await exchange((_, response) => {
          holdHead(response, { open: () => (outer === 'now' ? fail() : later(fail)), fail: answerBusy })
          holdHead(response, createGate('inner', inner, opened))
          response.write('lie')
          response.write('lie')
          response.end('lie')
        })
        assert.deepEqual(opened, ['inner'])
        assert.match(received, /^HTTP\/1.1 503 [^]*\r\n\r\nbusy: no store$/)
        assert.doesNotMatch(received, /X-Gate/)
      })
    }
  }
})

async function request(handler: (response: ServerResponse) => void): Promise<Record<string, unknown>> {
  const server = createServer((_, response) => handler(response as unknown as ServerResponse))
  const client = connect(`http://127.0.0.1:${await listenOnFreePort(server)}`)
  const stream = client.request({ ':path': '/' })
  const [[headers], body] = await Promise.all([once(stream, 'response'), text(stream)])
  client.close()
  server.close()
  await once(server, 'close')
  return { status: headers[':status'], cookies: headers['set-cookie'], given: headers['x-given'], body }
}

function addCookie(head: ResponseHead): void {
  head.appendHeader('Set-Cookie', 'a=1')
}

/** What was handed over takes no more, and refuses nothing, until it has been sent. */
function assertSilent(response: ServerResponse): void {
  assert.equal(response.writableEnded, false)
  assert.equal(response.setHeader('x-given', 'late'), undefined)
  assert.equal(response.appendHeader('x-given', 'late'), undefined)
  assert.equal(response.removeHeader('x-given'), undefined)
  assert.equal(response.writeHead(500), response)
  assert.equal(response.writeContinue(), false)
  assert.equal(response.write('late'), false)
  assert.equal(response.end('late'), response)
  response.destroy()
}

suite('on http2', () => {
  for (const when of ['now', 'later'] as const) {
    const ways: Record<string, (response: ServerResponse) => void> = {
      end: (response) => response.end('onetwo'),
      'write and end': (response) => {
        response.write('one')
        response.end('two')
      },
      'writeHead and end': (response) => {
        response.writeHead(201, { 'X-Given': 'yes', 'Set-Cookie': ['b=2'] })
        response.end('onetwo')
      },
      'flushHeaders and drain': (response) => {
        response.flushHeaders()
        if (response.write('one')) response.end('two')
        else response.once('drain', () => response.end('two'))
      },
    }
    for (const [way, respond] of Object.entries(ways)) {
      test(`${way}, opened ${when}`, async () => {
        const answer = await request((response) => {
          holdHead(response, {
            open: (head) => (when === 'now' ? addCookie(head) : later(() => addCookie(head))),
            fail: assert.fail,
          })
          respond(response)
          assert.equal(response.headersSent, true)
          if (when === 'later' && way !== 'flushHeaders and drain') return assertSilent(response)
          assert.throws(() => response.setHeader('a', 'b'), { code: 'ERR_HTTP2_HEADERS_SENT' })
          assert.throws(() => response.writeHead(200), { code: 'ERR_HTTP2_HEADERS_SENT' })
        })
        const given = way === 'writeHead and end'
        assert.deepEqual(answer, {
          status: given ? 201 : 200,
          cookies: given ? ['b=2', 'a=1'] : ['a=1'],
          given: given ? 'yes' : undefined,
          body: 'onetwo',
        })
      })
    }

    test(`a failure, opened ${when}`, async () => {
      const answer = await request((response) => {
        holdHead(response, { open: () => (when === 'now' ? fail() : later(fail)), fail: answerBusy })
        response.setHeader('Set-Cookie', 'lie=1')
        response.write('lie')
        response.end('lie')
      })
      assert.deepEqual(answer, { status: 503, cookies: undefined, given: undefined, body: 'busy: no store' })
    })
  }
})
