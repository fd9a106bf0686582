import assert from 'node:assert/strict'
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import { suite, test } from 'node:test'
import { withSession } from '../../../src/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import { Browser, settle } from '../../core/harness.ts'
import type { Loose } from '../../core/harness.ts'
import { compareCorners } from './compare.ts'
import { visit } from './visit.ts'
import { openWire } from './wire.ts'

type Response2 = Http2ServerResponse & { readonly stream: ServerHttp2Stream }

function http2Of(response: object): Response2 {
  return response as Response2
}

compareCorners(
  {
    'connection headers, which http2 lacks': {
      handle(response) {
        response.setHeader('Connection', 'close')
        response.writeHead(200, { Connection: 'keep-alive', 'X-A': '1' }).end('body')
      },
    },
    'a status message, which http2 lacks': {
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
    'the state of the response and its stream': {
      handle(response, { order, note }) {
        const { stream } = http2Of(response)
        note([stream.headersSent, response.headersSent])
        response.write('one')
        order(response.headersSent)
        note(stream.headersSent)
        response.end()
        order(http2Of(response).stream === stream)
        note(response.writableEnded)
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
      await wire.send({ headers: { Cookie: browser.cookie as string } }).done
      await changed.promise
      await settle()
      assert.equal(await browser.see((session) => session.get('step')), when)
    })
  }
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
  assert.match(received, /^:status: 500\r\n[^]*may not have been saved/)
  assert.doesNotMatch(received, /x-a|lie|session_id/)
  assert.deepEqual(order, ['finish', 'close'])
})
