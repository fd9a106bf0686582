import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import { holdHead } from '../../src/adapters/node/hold-head.ts'
import type { ResponseHead } from '../../src/adapters/node/head-gate.ts'
import { createControlledGate, lastRequest, listen, serveHeld } from './hold-head-harness.ts'

const headersSent = { code: 'ERR_HTTP_HEADERS_SENT' }

function refuseTo(verb: string): object {
  return { ...headersSent, message: `Cannot ${verb} headers after they are sent to the client` }
}

suite('while the head is held', () => {
  test('nothing is sent and no callback is called', async () => {
    const gate = createControlledGate()
    const seen: string[] = []
    await using held = await serveHeld(gate, (_, response) => {
      response.on('finish', () => seen.push('finish'))
      response.on('drain', () => seen.push('drain'))
      response.writeHead(200, { 'X-A': '1' })
      response.write('one', () => seen.push('one'))
      response.end('two', () => seen.push('two'))
    })
    // After a round trip on another connection, anything sent would have arrived.
    const other = await serveHeld({ open() {}, fail() {} }, (_, response) => response.end())
    await other.received
    await other[Symbol.asyncDispose]()
    assert.equal(held.client.bytesRead, 0)
    assert.deepEqual(seen, [])
    gate.release()
    const received = await held.received
    assert.match(received, /^HTTP\/1.1 200 OK\r\nX-A: 1\r\n[^]*3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/)
    assert.deepEqual(seen.toSorted(), ['finish', 'one', 'two'])
    assert.equal(seen[0], 'one')
  })

  test('a reason phrase that comes too late is not sent, and stays on the response', async () => {
    const gate = createControlledGate()
    await using held = await serveHeld(gate, (_, response) => {
      response.writeHead(201)
      response.statusMessage = 'Late'
      response.end('one')
    })
    await gate.arrived
    gate.release()
    assert.match(await held.received, /^HTTP\/1.1 201 Created\r\n/)
    assert.equal(held.response.statusMessage, 'Late')
  })

  test('the response looks as if its head had been sent', async () => {
    const gate = createControlledGate()
    await using held = await serveHeld(gate, (_, response) => {
      response.writeHead(201, 'Made', { 'X-A': '1' })
    })
    const { response } = held
    assert.equal(response.headersSent, true)
    assert.equal(response.statusCode, 201)
    assert.equal(response.statusMessage, 'Made')
    assert.equal(response.writableEnded, false)
    assert.equal(response.writableNeedDrain, false)
    assert.equal(response.write('a'), false)
    assert.equal(response.writableNeedDrain, true)
    assert.throws(() => response.setHeader('a', 'b'), refuseTo('set'))
    assert.throws(() => response.setHeaders(new Map([['a', 'b']])), refuseTo('set'))
    assert.throws(() => response.appendHeader('a', 'b'), refuseTo('append'))
    assert.throws(() => response.removeHeader('a'), refuseTo('remove'))
    assert.throws(() => response.writeHead(200), refuseTo('write'))
    assert.equal(response.end(), response)
    assert.deepEqual([response.writableEnded, response.finished], [false, false])
    assert.equal(response.writableNeedDrain, false)
    gate.release()
    await new Promise(setImmediate)
    assert.deepEqual([response.writableEnded, response.finished], [true, true])
    await held.received
    assert.equal(response.writableFinished, true)
  })

  test('the release restores the properties of the response', async () => {
    const gate = createControlledGate()
    let before: string[] = []
    await using held = await serveHeld(gate, (_, response) => {
      before = Object.getOwnPropertyNames(response)
      response.writeHead(200)
    })
    gate.release()
    await new Promise(setImmediate)
    const after = Object.getOwnPropertyNames(held.response)
    const added = after.filter((name) => !before.includes(name))
    assert.deepEqual(added.toSorted(), ['cork', 'statusCode', 'statusMessage', 'uncork'])
    const prototype = Object.getPrototypeOf(held.response)
    for (const name of ['writeHead', 'write', 'end', 'flushHeaders', 'setHeader', 'cork', 'uncork']) {
      assert.equal(Reflect.get(held.response, name), prototype[name], name)
    }
    held.response.end()
    await held.received
  })

  test('a status set later has no effect', async () => {
    const gate = createControlledGate()
    await using held = await serveHeld(gate, (_, response) => {
      response.statusCode = 202
      response.statusMessage = 'Early'
      response.write('x')
      response.statusCode = 204
      response.statusMessage = 'Late'
      response.end()
    })
    gate.release()
    assert.match(await held.received, /^HTTP\/1.1 202 Early\r\n[^]*\r\nx\r\n0\r\n\r\n$/)
  })

  test('headers changed after writeHead have no effect', async () => {
    for (const headers of [{ 'X-A': 'early' }, ['X-A', 'early'], [['X-A', 'early']]]) {
      const gate = createControlledGate()
      await using held = await serveHeld(gate, (_, response) => {
        response.writeHead(200, headers as OutgoingHttpHeaders).end()
        if (!Array.isArray(headers)) headers['X-A'] = 'late'
        else if (Array.isArray(headers[0])) headers[0][1] = 'late'
        else headers[1] = 'late'
      })
      gate.release()
      assert.match(await held.received, /X-A: early\r\n/)
    }
  })

  test('flushHeaders sends the head after the release', async () => {
    const gate = createControlledGate()
    await using held = await serveHeld(gate, (_, response) => response.flushHeaders())
    assert.equal(held.response.headersSent, true)
    gate.release()
    await new Promise(setImmediate)
    const { response } = held
    assert.equal(Reflect.get(response, '_headerSent'), true)
    response.end()
    assert.match(await held.received, /^HTTP\/1.1 200 OK\r\n[^]*chunked\r\n\r\n0\r\n\r\n$/)
  })

  test('an interim response is still sent', async () => {
    const gate = createControlledGate()
    await using held = await serveHeld(gate, (_, response) => {
      response.writeProcessing()
      response.writeEarlyHints({ link: '</a>; rel=preload' })
      response.end('x')
    })
    await once(held.client, 'readable')
    gate.release()
    assert.match(
      await held.received,
      /^HTTP\/1.1 102 Processing\r\n\r\nHTTP\/1.1 103 Early Hints\r\n[^]*HTTP\/1.1 200/,
    )
  })

  test('after the held end every call does nothing, and a callback gets the error', async () => {
    const gate = createControlledGate()
    const seen: unknown[] = []
    const see = (error?: Error | null): number => seen.push((error as NodeJS.ErrnoException | null)?.code)
    await using held = await serveHeld(gate, (_, response) => {
      response.on('error', () => assert.fail('an error event'))
      response.setHeader('X-A', '1')
      response.end('x')
    })
    const { response } = held
    assert.equal(response.write('y', see), false)
    assert.equal(response.end('z', see as () => void), response)
    assert.equal(response.end(), response)
    assert.equal(response.writeHead(500, { 'X-Late': '1' }), response)
    assert.equal(response.setHeader('X-Late', '1'), response)
    assert.equal(response.setHeaders(new Map([['X-Late', '1']])), response)
    assert.equal(response.appendHeader('X-Late', '1'), response)
    assert.equal(response.removeHeader('X-A'), undefined)
    assert.equal(response.flushHeaders(), undefined)
    assert.equal(response.addTrailers({ 'X-Late': '1' }), undefined)
    response.cork()
    response.uncork()
    response.writeContinue(see)
    response.writeProcessing(see)
    response.writeEarlyHints({ link: '</a>; rel=preload' }, see)
    await new Promise(setImmediate)
    const late = 'ERR_STREAM_WRITE_AFTER_END'
    const sent = 'ERR_HTTP_HEADERS_SENT'
    assert.deepEqual(seen, [late, late, sent, sent, sent])
    gate.release()
    assert.equal(
      await held.received,
      'HTTP/1.1 200 OK\r\nX-A: 1\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx',
    )
    assert.deepEqual(
      Object.getOwnPropertyNames(response).filter((name) => /^(?:set|write[CPEI]|destroy$)/.test(name)),
      [],
    )
  })

  test('node’s own answers come back once it has been sent', async () => {
    const gate = createControlledGate()
    await using held = await serveHeld(gate, (_, response) => void response.end('x'))
    gate.release()
    await held.received
    assert.throws(() => held.response.setHeader('a', 'b'), headersSent)
    assert.throws(() => held.response.writeHead(200), headersSent)
  })

  test('one drain follows when node takes everything at once', async () => {
    const gate = createControlledGate()
    let drains = 0
    await using held = await serveHeld(gate, (_, response) => {
      response.on('drain', () => drains++)
      response.write('small')
      response.write('small')
    })
    await new Promise(setImmediate)
    assert.equal(drains, 0)
    gate.release()
    await once(held.response, 'drain')
    await new Promise(setImmediate)
    assert.equal(drains, 1)
    assert.equal(held.response.writableNeedDrain, false)
    held.response.end()
    await held.received
  })

  test('one drain follows, node’s own, when node has to buffer', async () => {
    const gate = createControlledGate()
    let drains = 0
    await using held = await serveHeld(gate, (_, response) => {
      response.on('drain', () => {
        drains++
        assert.equal(response.writableLength, 0)
      })
      response.write('x'.repeat(3_000_000))
    })
    gate.release()
    const received = held.received
    await once(held.response, 'drain')
    await new Promise(setImmediate)
    assert.equal(drains, 1)
    held.response.end()
    assert.equal((await received).length > 3_000_000, true)
  })

  test('no drain follows a head without a body, or an end', async () => {
    for (const act of ['writeHead', 'end'] as const) {
      const gate = createControlledGate()
      await using held = await serveHeld(gate, (_, response) => {
        response.on('drain', () => assert.fail('drain'))
        if (act === 'writeHead') response.writeHead(200)
        else {
          response.write('x')
          response.end()
        }
      })
      gate.release()
      await new Promise(setImmediate)
      held.response.end()
      await held.received
    }
  })
})

async function edit(
  respond: Parameters<typeof serveHeld>[1],
  change: (head: ResponseHead) => void,
  isAsync: boolean,
): Promise<string> {
  await using held = await serveHeld(
    {
      open(head) {
        return isAsync ? Promise.resolve().then(() => change(head)) : change(head)
      },
      fail: (error) => assert.fail(error as Error),
    },
    respond,
  )
  return await held.received
}

suite('a head that a gate edits', () => {
  for (const isAsync of [false, true]) {
    suite(isAsync ? 'later' : 'at once', () => {
      test('shows headers that are set', async () => {
        await edit(
          (_, response) => {
            response.statusCode = 404
            response.setHeader('X-Many', ['1', '2'])
            response.setHeader('X-Number', 5)
            response.end()
          },
          (head) => {
            assert.equal(head.status, 404)
            assert.equal(head.getHeader('x-many'), '1, 2')
            assert.equal(head.getHeader('x-number'), '5')
            assert.equal(head.getHeader('x-none'), undefined)
          },
          isAsync,
        )
      })

      const forms: Record<string, unknown[]> = {
        object: [{ 'Cache-Control': 'public', 'X-Many': ['1', '2'], 'X-Number': 5 }],
        'reason and object': ['Fine', { 'Cache-Control': 'public', 'X-Many': ['1', '2'], 'X-Number': 5 }],
        'flat list': [['Cache-Control', 'public', 'X-Many', '1', 'X-Number', 5, 'x-many', '2']],
        pairs: [
          [
            ['Cache-Control', 'public'],
            ['X-Many', '1'],
            ['X-Number', 5],
            ['X-Many', '2'],
          ],
        ],
      }
      for (const [form, headers] of Object.entries(forms)) {
        test(`shows and changes headers given as ${form}`, async () => {
          const received = await edit(
            (_, response) => {
              Reflect.apply(response.writeHead, response, [203, ...headers])
              response.end()
            },
            (head) => {
              assert.equal(head.status, 203)
              assert.equal(head.getHeader('cache-control'), 'public')
              assert.equal(head.getHeader('X-MANY'), '1, 2')
              assert.equal(head.getHeader('X-Number'), '5')
              head.setHeader('cache-control', 'private')
              head.appendHeader('X-Many', '3')
              assert.equal(head.getHeader('Cache-Control'), 'private')
              assert.equal(head.getHeader('x-many'), '1, 2, 3')
            },
            isAsync,
          )
          assert.match(
            received,
            form.includes('reason') ? /^HTTP\/1.1 203 Fine\r\n/ : /^HTTP\/1.1 203 Non-Auth/,
          )
          assert.match(received, /X-Many: 1\r\nX-Many: 2\r\nX-Many: 3\r\n/)
          assert.match(received, /X-Number: 5\r\n/)
          assert.equal(received.match(/cache-control: private/gi)?.length, 1)
          assert.doesNotMatch(received, /public/)
        })
      }

      for (const [form, headers] of Object.entries(forms)) {
        test(`lists and removes headers set, and given as ${form}`, async () => {
          const received = await edit(
            (_, response) => {
              // Node refuses pairs beside headers that were set.
              if (form !== 'pairs') response.setHeader('X-Set', 'before')
              Reflect.apply(response.writeHead, response, [203, ...headers])
              response.end()
            },
            (head) => {
              const names = ['cache-control', 'x-many', 'x-number', ...(form === 'pairs' ? [] : ['x-set'])]
              assert.deepEqual([...new Set(head.getHeaderNames())].toSorted(), names)
              for (const name of ['CACHE-CONTROL', 'X-Set', 'x-many', 'x-none']) head.removeHeader(name)
              assert.equal(head.getHeader('cache-control'), undefined)
              assert.deepEqual(head.getHeaderNames(), ['x-number'])
            },
            isAsync,
          )
          assert.doesNotMatch(received, /cache-control|x-set|x-many/i)
          assert.match(received, /X-Number: 5\r\n/)
        })
      }

      test('keeps the handler’s cookies, set and given', async () => {
        const received = await edit(
          (_, response) => {
            response.setHeader('Set-Cookie', 'old=1')
            response.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end()
          },
          (head) => head.appendHeader('Set-Cookie', 'c=3'),
          isAsync,
        )
        assert.deepEqual(
          received.match(/Set-Cookie: .*/g),
          ['a=1', 'b=2', 'c=3'].map((line) => `Set-Cookie: ${line}`),
        )
      })
    })
  }

  test('cannot be changed once it was sent', async () => {
    let kept: ResponseHead | undefined
    await using held = await serveHeld({ open: (head) => void (kept = head), fail() {} }, (_, response) => {
      response.end('x')
      assert.throws(() => kept?.setHeader('a', 'b'), headersSent)
    })
    await held.received
  })

  test('looks sent again after the edit', async () => {
    const edited = Promise.withResolvers<void>()
    const gate = createControlledGate()
    const open = async (head: ResponseHead): Promise<void> => {
      await Promise.resolve()
      head.setHeader('X-Gate', '1')
      edited.resolve()
      await gate.open(head)
    }
    await using held = await serveHeld({ open, fail() {} }, (_, response) => void response.write('x'))
    await edited.promise
    assert.equal(held.response.headersSent, true)
    assert.throws(() => held.response.setHeader('a', 'b'), headersSent)
    held.response.end()
    gate.release()
    assert.match(await held.received, /X-Gate: 1\r\n/)
  })

  test('is passed to the gate only once', async () => {
    let opened = 0
    await using held = await serveHeld({ open: () => void opened++, fail() {} }, (_, response) => {
      response.writeHead(200)
      response.flushHeaders()
      response.write('x')
      response.end()
    })
    await held.received
    assert.equal(opened, 1)
  })
})

const long = 'x'.repeat(3_000_000)

/** How a framework or a handler gives up an answer; finalhandler destroys the socket. */
const destructions: Record<string, (response: ServerResponse) => void> = {
  'the response': (response) => response.destroy(new Error('enough')),
  'its socket': (response) => response.req.socket.destroy(),
}

suite('a closed response', () => {
  for (const ending of ['release', 'refuse'] as const) {
    test(`the client leaves while the head is held, then ${ending}`, async () => {
      const gate = createControlledGate()
      const seen: unknown[] = []
      await using held = await serveHeld(gate, (_, response) => {
        response.writeHead(200)
        response.write('one', (error) => seen.push((error as NodeJS.ErrnoException | null)?.code))
        response.on('drain', () => assert.notEqual(ending, 'release'))
      })
      held.client.destroy()
      await held.closed
      assert.equal(held.response.write('two'), false)
      if (ending === 'release') gate.release()
      else gate.refuse(Object.assign(new Error('no store'), { code: 'NO_STORE' }))
      await new Promise(setImmediate)
      held.response.write('three')
      held.response.end('four')
      await new Promise(setImmediate)
      assert.deepEqual(seen, [ending === 'release' ? 'ERR_STREAM_DESTROYED' : 'NO_STORE'])
    })

    for (const [what, destroy] of Object.entries(destructions)) {
      test(`the handler ends it, and ${what} is destroyed while the head is held, then ${ending}`, async () => {
        const gate = createControlledGate()
        await using held = await serveHeld(gate, (_, response) => void response.end(long))
        await gate.arrived
        destroy(held.response)
        await new Promise(setImmediate)
        assert.equal(held.client.closed, false)
        if (ending === 'release') gate.release()
        else gate.refuse(new Error('no store'))
        assert.match(
          await held.received,
          ending === 'release' ? /\r\n\r\nx{3000000}$/ : /\r\n\r\nbusy: no store$/,
        )
        await held.closed
      })

      test(`the handler has only begun, and ${what} is destroyed while the head is held, then ${ending}`, async () => {
        const gate = createControlledGate()
        await using held = await serveHeld(gate, (_, response) => void response.write('x'))
        await gate.arrived
        destroy(held.response)
        await held.closed
        if (ending === 'release') gate.release()
        else gate.refuse(new Error('no store'))
        await new Promise(setImmediate)
        assert.equal(held.response.destroyed, true)
        assert.equal(await held.received, '')
      })
    }

    test(`the client leaves before the head, then ${ending}`, async () => {
      const gate = createControlledGate()
      await using held = await serveHeld(gate, () => {})
      held.client.destroy()
      await held.closed
      held.response.write('x')
      held.response.end()
      await gate.arrived
      if (ending === 'release') gate.release()
      else gate.refuse(new Error('no store'))
      await new Promise(setImmediate)
      assert.equal(held.response.writableEnded, true)
    })
  }
})

suite('a held head that node refuses', () => {
  test('is answered by the gate if nothing has been sent', async () => {
    const gate = createControlledGate()
    await using held = await serveHeld(gate, (_, response) => {
      response.writeHead(200, { Trailer: 'X-Sum', 'Content-Length': 1 })
      response.end('x')
    })
    gate.release()
    assert.match(await held.received, /^HTTP\/1.1 503 [^]*busy: Trailers are invalid/)
  })

  test('closes the connection if a part has been sent', async () => {
    const gate = createControlledGate()
    const seen: unknown[] = []
    const closing = Promise.withResolvers<void>()
    await using listening = await listen((_, response) => {
      response.on('close', closing.resolve)
      response.write = () => {
        throw new Error('broken')
      }
      holdHead(response, gate)
      response.writeHead(200)
      response.write('one', (error) => seen.push(error?.message))
      response.end('two', () => seen.push('ended'))
    })
    const client = listening.connect()
    client.on('error', () => {})
    client.write(lastRequest())
    await gate.arrived
    gate.release()
    await closing.promise
    await new Promise(setImmediate)
    assert.deepEqual(seen, ['ended'])
  })
})
