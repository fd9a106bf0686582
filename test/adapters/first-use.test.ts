// Handlers that use the session for the first time after `writeHead`, in what they write: the page is a user's all
// the same, and no shared cache may keep it.

import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import compression from 'compression'
import { session } from '../../src/node.ts'
import { createSessionManager } from '../../src/index.ts'
import type { SessionEvent } from '../../src/index.ts'
import { controlledStore } from '../core/controlled-store.ts'
import { Browser, settle } from '../core/harness.ts'
import type { Loose } from '../core/harness.ts'
import { openWire, protocols } from './corners/wire.ts'
import type { Protocol } from './corners/wire.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, user: () => string) => void
type Layer = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

interface Visit {
  readonly protocol: Protocol
  readonly layers?: readonly Layer[]
  readonly headers?: Readonly<Record<string, string>>
  readonly isVisitor?: boolean
}

/** What a handler's client receives, behind a manager, and in front of it the layers. */
async function receive({ protocol, layers = [], headers = {}, isVisitor }: Visit, handle: Handler) {
  const events: SessionEvent[] = []
  const sessions = createSessionManager<Loose>({
    store: controlledStore(),
    onEvent: (event) => events.push(event),
  })
  const browser = new Browser(sessions)
  await browser.visit((mine) => mine.login('u_1'))
  const failures: unknown[] = []
  const all: Layer[] = [
    ...layers,
    session(sessions),
    (request, response) => {
      try {
        handle(request, response, () => sessions.get(request).userId ?? 'nobody')
      } catch (error) {
        failures.push(error)
        response.destroy()
      }
    },
  ]
  await using wire = await openWire(protocol, (request, response) => {
    const left = [...all]
    const next = (): void => left.shift()?.(request, response, next)
    next()
  })
  const received = await wire.send({
    headers: {
      ...headers,
      ...(isVisitor ? {} : { Cookie: String(browser.cookie) }),
      ...(protocol === 'http2' ? {} : { Connection: 'close' }),
    },
  }).done
  await settle()
  const end = received.indexOf('\r\n\r\n')
  return { head: received.slice(0, end), body: received.slice(end + 4), events, failures }
}

const cacheable = { 'Cache-Control': 'public, max-age=60', 'X-A': '1' }

/** Ways to send what the session says behind a head that is already given. */
const ways: Record<string, Handler> = {
  'end with an object': (_request, response, user) => void response.writeHead(200, cacheable).end(user()),
  'end with a flat list': (_request, response, user) =>
    void response.writeHead(200, ['Cache-Control', 'public', 'X-A', '1']).end(user()),
  'end with headers set before': (_request, response, user) => {
    response.setHeader('Cache-Control', 's-maxage=60')
    response.setHeader('X-A', '1')
    response.writeHead(200).end(user())
  },
  'end with both': (_request, response, user) => {
    response.setHeader('X-A', '1')
    response.writeHead(200, { 'Cache-Control': 'public' }).end(user())
  },
  write: (_request, response, user) => {
    response.writeHead(200, cacheable)
    response.write(user())
    response.end()
  },
  flushHeaders: (_request, response, user) => {
    response.writeHead(200, cacheable)
    const name = user()
    response.flushHeaders()
    response.end(name)
  },
  'a status that is not 200': (_request, response, user) =>
    void response.writeHead(404, 'Gone away', cacheable).end(user()),
}

for (const protocol of protocols) {
  suite(`a session first used after writeHead, on ${protocol}`, () => {
    for (const [way, handle] of Object.entries(ways)) {
      test(`${way}: no shared cache may keep the page`, async () => {
        const { head, body, events } = await receive({ protocol }, handle)
        assert.match(head, /^cache-control: .*private/im)
        assert.doesNotMatch(head, /public|s-maxage/)
        assert.match(head, /^vary: .*cookie/im)
        assert.match(head, /^x-a: 1/im)
        assert.match(body, /u_1/)
        assert.equal(events.filter(({ type }) => type === 'made-private').length, 1)
      })
    }

    test('behind compression: no shared cache may keep the page', async () => {
      const compress = compression({ threshold: 0 }) as unknown as Layer
      const { head } = await receive(
        { protocol, layers: [compress], headers: { 'Accept-Encoding': 'gzip' } },
        (_request, response, user) =>
          void response
            .writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'public' })
            .end(user()),
      )
      assert.match(head, /^cache-control: private/im)
      assert.match(head, /^content-encoding: gzip/im)
    })

    test('with two managers on one response, both say their word', async () => {
      const outer = createSessionManager<Loose>({ store: controlledStore(), cookie: { name: 'other' } })
      const layers = [session(outer)]
      const { head, events } = await receive({ protocol, layers }, ways['end with an object'] as Handler)
      assert.match(head, /^cache-control: .*private/im)
      assert.equal(events.filter(({ type }) => type === 'made-private').length, 1)
    })

    test('the head looks sent from writeHead on', async () => {
      const seen: unknown[] = []
      await receive({ protocol }, (_request, response, user) => {
        response.writeHead(200, cacheable)
        seen.push(response.headersSent, response.statusCode)
        assert.throws(() => response.setHeader('X-B', '1'), /HEADERS_SENT/)
        assert.throws(() => response.writeHead(500), /HEADERS_SENT/)
        response.end(user())
        seen.push(response.headersSent)
      })
      assert.deepEqual(seen, [true, 200, true])
    })

    test('a page that never uses the session stays public', async () => {
      const { head, events } = await receive({ protocol }, (_request, response) => {
        response.writeHead(200, cacheable).end('a page')
      })
      assert.match(head, /^cache-control: public, max-age=60/im)
      assert.doesNotMatch(head, /^vary/im)
      assert.ok(!events.some(({ type }) => type === 'made-private'))
    })

    test('a use after the first byte throws, where the head said public', async () => {
      const { failures } = await receive({ protocol }, (_request, response, user) => {
        response.writeHead(200, cacheable)
        response.write('begun')
        user()
      })
      assert.match(String(failures[0]), /sent as public/)
    })

    test('for a visitor nothing waits: a use after the head throws, where it said public', async () => {
      const { failures } = await receive({ protocol, isVisitor: true }, (_request, response, user) => {
        response.writeHead(200, cacheable).end(user())
      })
      assert.match(String(failures[0]), /sent as public/)
    })
  })
}

suite('a head that waits for the first byte', () => {
  test('is private in a later turn as well, on http/1.1', async () => {
    const { head } = await receive({ protocol: 'http/1.1' }, (_request, response, user) => {
      response.writeHead(200, cacheable)
      setTimeout(() => response.end(user()), 5)
    })
    assert.match(head, /^cache-control: private/im)
  })

  test('leaves in the next turn on http2, where clients wait for it', async () => {
    const headers = Promise.withResolvers<string>()
    const released = Promise.withResolvers<void>()
    const sessions = createSessionManager<Loose>({ store: controlledStore() })
    const browser = new Browser(sessions)
    await browser.visit((mine) => mine.login('u_1'))
    const open = session(sessions)
    await using wire = await openWire('http2', (request, response) =>
      open(request, response, () => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' })
        void released.promise.then(() => response.end('data: 1\n\n'))
      }),
    )
    const client = wire.send({ headers: { Cookie: String(browser.cookie) } })
    const look = setInterval(() => {
      if (client.received().includes('text/event-stream')) headers.resolve(client.received())
    }, 1)
    assert.doesNotMatch(await headers.promise, /data/)
    clearInterval(look)
    released.resolve()
    assert.match(await client.done, /data: 1/)
  })

  test('http2: a client that leaves before the head has left ends no process', async () => {
    const { failures } = await receive({ protocol: 'http2' }, (_request, response) => {
      response.writeHead(200, cacheable)
      Reflect.get(response, 'stream').close()
    })
    await turn()
    assert.deepEqual(failures, [])
  })

  test('http2: what node refuses throws at the call of the handler', async () => {
    const { failures } = await receive({ protocol: 'http2' }, (_request, response) => {
      const refused = { 'Content-Type': ['text/plain', 'text/html'] }
      assert.throws(() => response.writeHead(200, refused as never), {
        code: 'ERR_HTTP2_HEADER_SINGLE_VALUE',
      })
      response.destroy()
    })
    assert.deepEqual(failures, [])
  })

  test('a head that node refuses leaves the last word for the next one', async () => {
    const { head } = await receive({ protocol: 'http/1.1' }, (_request, response, user) => {
      const refused = { 'Content-Length': '3', Trailer: 'X-Sum' }
      assert.throws(() => response.writeHead(200, refused), /TRAILER/)
      response.removeHeader('Trailer')
      response.writeHead(500, { 'Cache-Control': 'public' }).end(user())
    })
    assert.match(head, /^HTTP\/1.1 500/)
    assert.match(head, /^cache-control: private/im)
  })
})
