import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { compareCorners } from './compare.ts'
import { visit } from './visit.ts'
import type { Corner } from './visit.ts'
import { protocols } from './wire.ts'

const modes = ['nothing to save', 'a session read', 'a save held back'] as const
const hints = { link: '</a.css>; rel=preload', 'x-hint': 'yes' }
const expecting = { method: 'POST', headers: { Expect: '100-continue' }, body: 'abc' }

function readBody(request: NodeJS.ReadableStream, use: (body: string) => void): void {
  let body = ''
  request.on('data', (chunk) => (body += String(chunk)))
  request.on('end', () => use(body))
}

const echo: Corner['handle'] = (response, _diary, request) =>
  readBody(request, (body) => void response.end(`got ${body}`))

compareCorners({
  'early hints': {
    modes,
    handle(response) {
      response.writeEarlyHints(hints)
      response.writeHead(200, { 'X-A': '1' }).end('body')
    },
  },
  'early hints beside a cookie that is set': {
    modes,
    handle(response) {
      response.setHeader('Set-Cookie', 'a=1')
      response.writeEarlyHints(hints)
      response.writeEarlyHints({ link: '</b.css>; rel=preload' })
      response.end('body')
    },
  },
  'early hints without a link': {
    modes,
    handle(response) {
      response.writeEarlyHints({ link: [] })
      response.end('body')
    },
  },
  'writeContinue before the answer': {
    modes,
    handle(response) {
      response.writeContinue()
      response.end('body')
    },
  },
  'a client that expects 100-continue': { ...expecting, modes, handle: echo },
  'a checkContinue listener that continues': {
    ...expecting,
    event: 'checkContinue',
    modes,
    handle(response, log, request) {
      response.writeContinue()
      return echo(response, log, request)
    },
  },
  'a checkContinue listener that refuses': {
    ...expecting,
    event: 'checkContinue',
    modes,
    handle: (response) => void response.writeHead(417, { Connection: 'close' }).end('no'),
  },
  'a body that arrives while the session is read': { method: 'POST', body: 'abc', handle: echo },
})

compareCorners(
  {
    'writeProcessing and its callback': {
      modes,
      handle(response) {
        response.writeProcessing()
        response.writeContinue()
        response.end('body')
      },
    },
    'interim responses after the head are refused': {
      handle(response, { order }) {
        response.writeHead(200)
        for (const call of [
          () => response.writeContinue(),
          () => response.writeProcessing(),
          () => response.writeEarlyHints(hints),
        ]) {
          try {
            call()
            order('returned')
          } catch (error) {
            order((error as NodeJS.ErrnoException).code)
          }
        }
        response.end('body')
      },
    },
    'an unknown expectation': {
      method: 'POST',
      headers: { Expect: 'miracles' },
      body: 'abc',
      event: 'checkExpectation',
      handle: echo,
    },
  },
  ['http/1.1'],
)

const interim: Record<string, (response: ServerResponse) => void> = {
  '100': (response) => response.writeContinue(),
  '103': (response) => response.writeEarlyHints(hints),
}

for (const protocol of protocols) {
  for (const [status, send] of Object.entries(interim)) {
    for (const mode of ['a save held back', 'a save refused'] as const) {
      test(`${status} has no session cookie, with ${mode}, on ${protocol}`, async () => {
        const { received } = await visit(
          protocol,
          {
            handle(response) {
              send(response)
              response.end('body')
            },
          },
          mode,
        )
        const [first = '', final = ''] = received.split('\r\n\r\n')
        assert.match(first, new RegExp(`^(?:HTTP/1.1 |:status: )${status}`))
        assert.doesNotMatch(first, /set-cookie|cache-control|vary/i)
        assert.equal(/session_id/.test(final), mode === 'a save held back')
      })
    }
  }
}
