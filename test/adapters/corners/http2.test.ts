import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import type { ClientHttp2Stream, Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import { suite, test } from 'node:test'
import { withSession } from '../../../src/adapters/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import { Browser, settle, typesOf, type Loose } from '../../core/harness.ts'
import type { SessionEvent } from '../../../src/index.ts'
import { compareCorners, dropOurs, visit } from './compare.ts'
import { openWire, readStream } from './wire.ts'

type Response2 = Http2ServerResponse & { readonly stream: ServerHttp2Stream }

function http2Of(response: object): Response2 {
  return response as Response2
}

compareCorners(
  {
    'connection headers, which http2 does not have': {
      handle(response) {
        response.setHeader('Connection', 'close')
        response.writeHead(200, { Connection: 'keep-alive', 'X-A': '1' }).end('body')
      },
    },
    'a status message, which http2 does not have': {
      handle(response, { order }) {
        response.statusMessage = 'Fine'
        order(response.statusMessage)
        response.writeHead(202, 'Fine').end('body')
      },
    },
    'an invalid status': {
      handle(response, { order }) {
        for (const status of [101, 199, 600]) {
          try {
            response.statusCode = status
            order('taken')
          } catch (error) {
            order((error as NodeJS.ErrnoException).code)
          }
        }
        response.end('body')
      },
    },
    'what the response says of its stream': {
      handle(response, { order, note }) {
        const { stream } = http2Of(response)
        note([stream.headersSent, response.headersSent])
        response.write('one')
        order(response.headersSent)
        note(stream.headersSent)
        response.end()
        order([response.writableEnded, http2Of(response).stream === stream])
      },
    },
    'end after end': {
      handle(response, { order }) {
        response.end('body', () => order('first'))
        response.end(() => order('second'))
      },
    },
    'no Date': {
      handle(response) {
        response.sendDate = false
        response.end('body')
      },
    },
  },
  ['http2'],
)

suite('a stream that answers behind our back', () => {
  for (const [way, answer] of Object.entries({
    'without a save': () => {},
    'with a save that it overtakes': (session: { set(name: string, value: string): void }) =>
      session.set('theme', 'dark'),
  })) {
    test(`leaves as it is, ${way}`, async () => {
      const sessions = createSessionManager<Loose>()
      await using wire = await openWire(
        'http2',
        withSession((request, response) => {
          answer(sessions.get(request))
          const { stream } = http2Of(response)
          stream.respond({ ':status': 202, 'x-a': '1' })
          stream.end('body')
        }, sessions),
      )
      assert.equal(await wire.ask({}).done, ':status: 202\r\nx-a: 1\r\n\r\nbody')
    })
  }

  test('while our save is held back: its answer stands, and nothing breaks', async () => {
    const store = controlledStore()
    store.plan('create', 'hold')
    const events: SessionEvent[] = []
    const sessions = createSessionManager<Loose>({ store, onEvent: (event) => events.push(event) })
    await using wire = await openWire(
      'http2',
      withSession((request, response) => {
        sessions.get(request).set('theme', 'dark')
        response.write('held')
        const { stream } = http2Of(response)
        stream.respond({ ':status': 202, 'x-a': '1' })
        stream.end('body')
      }, sessions),
    )
    const client = wire.ask({})
    const call = await store.held('create')
    const received = await client.done
    call.pass()
    await settle()
    assert.equal(received, ':status: 202\r\nx-a: 1\r\n\r\nbody')
    assert.deepEqual(typesOf(events), ['created'])
  })
})

suite('a pushed response', () => {
  for (const mode of ['nothing to save', 'a save held back'] as const) {
    test(`has no cookie of ours, with ${mode}`, async () => {
      const store = controlledStore()
      const sessions = createSessionManager<Loose>({ store })
      const isHeld = mode === 'a save held back'
      if (isHeld) store.plan('create', 'hold')
      await using wire = await openWire(
        'http2',
        withSession((request, response) => {
          if (isHeld) sessions.get(request).set('theme', 'dark')
          http2Of(response).createPushResponse({ ':path': '/style.css' }, (_error, push) => {
            push.setHeader('content-type', 'text/css')
            push.end('pushed')
            response.end('page')
          })
        }, sessions),
      )
      const connection = connect(`http://127.0.0.1:${wire.port}`)
      const pushed = new Promise<string>((resolve) => {
        connection.on('stream', (stream: ClientHttp2Stream) => resolve(readStream(stream)))
      })
      const page = readStream(connection.request({ ':path': '/' }))
      if (isHeld) (await store.held('create')).pass()
      assert.equal(await pushed, ':status: 200\r\ncontent-type: text/css\r\n\r\npushed')
      const received = await page
      connection.close()
      assert.equal(dropOurs(received), ':status: 200\r\n\r\npage')
      assert.equal(/session_id/.test(received), isHeld)
    })
  }
})

suite('a change after the answer on http2', () => {
  for (const when of ['after the end', 'after the close'] as const) {
    test(`is saved, ${when}`, async () => {
      const store = controlledStore()
      const sessions = createSessionManager<Loose>({ store })
      const browser = new Browser(sessions)
      await browser.visit((session) => session.set('step', 0))
      const changed = Promise.withResolvers<void>()
      await using wire = await openWire(
        'http2',
        withSession((request, response) => {
          const session = sessions.get(request)
          session.get('step')
          const change = (): void => {
            session.set('step', when)
            changed.resolve()
          }
          if (when === 'after the close') response.on('close', () => setImmediate(change))
          response.end('page')
          if (when === 'after the end') change()
        }, sessions),
      )
      await wire.ask({ headers: { Cookie: browser.cookie as string } }).done
      await changed.promise
      await settle()
      await sessions.close()
      assert.equal(await browser.see((session) => session.get('step')), when)
    })
  }
})

test('streams of one connection are held each by itself', async () => {
  const store = controlledStore()
  store.plan('create', 'hold')
  const sessions = createSessionManager<Loose>({ store })
  await using wire = await openWire(
    'http2',
    withSession((request, response) => {
      if (request.url === '/slow') sessions.get(request).set('theme', 'dark')
      response.end(request.url)
    }, sessions),
  )
  const connection = connect(`http://127.0.0.1:${wire.port}`)
  const slow = readStream(connection.request({ ':path': '/slow' }))
  const call = await store.held('create')
  assert.match(await readStream(connection.request({ ':path': '/fast' })), /\/fast$/)
  call.pass()
  assert.match(await slow, /session_id=[^]*\/slow$/)
  connection.close()
})

test('a held head that only the stream refuses is answered with an error', async () => {
  const { received, order } = await visit(
    'http2',
    {
      handle: (response) =>
        void response.writeHead(200, { 'Keep-Alive': 'timeout=5', 'X-A': '1' }).end('lie'),
    },
    'a save held back',
  )
  assert.match(received, /^:status: 500\r\n[^]*could not be saved/)
  assert.doesNotMatch(received, /x-a|lie|session_id/)
  assert.deepEqual(order, ['finish', 'close'])
})
