import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import type { ClientHttp2Stream, Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import { suite, test } from 'node:test'
import { withSession } from '../../../src/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import { settle, typesOf } from '../../core/harness.ts'
import type { Loose } from '../../core/harness.ts'
import type { SessionEvent } from '../../../src/index.ts'
import { dropSessionHeaders } from './compare.ts'
import { openWire, readStream } from './wire.ts'

type Response2 = Http2ServerResponse & { readonly stream: ServerHttp2Stream }

function http2Of(response: object): Response2 {
  return response as Response2
}

suite('an answer sent directly on the http2 stream', () => {
  for (const [way, answer] of Object.entries({
    'without a save': () => {},
    'with a save that takes longer': (session: { set(name: string, value: string): void }) =>
      session.set('theme', 'dark'),
  })) {
    test(`is sent unchanged, ${way}`, async () => {
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
      assert.equal(await wire.send({}).done, ':status: 202\r\nx-a: 1\r\n\r\nbody')
    })
  }

  test('is sent unchanged while a save is held', async () => {
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
    const client = wire.send({})
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
    test(`has no session cookie, with ${mode}`, async () => {
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
      assert.equal(dropSessionHeaders(received), ':status: 200\r\n\r\npage')
      assert.equal(/session_id/.test(received), isHeld)
    })
  }
})

test('streams of one connection are held independently', async () => {
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
