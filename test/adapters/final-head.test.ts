import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import onHeaders from 'on-headers'
import { session } from '../../src/node.ts'
import { createSessionManager } from '../../src/index.ts'
import { controlledStore } from '../core/controlled-store.ts'
import { Browser, settle } from '../core/harness.ts'
import type { Loose } from '../core/harness.ts'
import { openWire, protocols } from './corners/wire.ts'
import type { Protocol } from './corners/wire.ts'

type Layer = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

/** Middleware that lets shared caches keep every page, and says so as late as it can. */
const publishers: Record<string, Layer> = {
  'the handler alone': (_request, _response, next) => next(),
  'on-headers': (_request, response, next) => {
    onHeaders(response, () => void response.setHeader('Cache-Control', 'public, max-age=60'))
    next()
  },
  'a wrapped writeHead': (_request, response, next) => {
    const { writeHead } = response
    response.writeHead = function (this: ServerResponse, ...head: unknown[]) {
      this.setHeader('Cache-Control', 'public, max-age=60')
      return Reflect.apply(writeHead, this, head)
    } as typeof writeHead
    next()
  },
}

/** Ways to send a head that say nothing of caches, or that say `public` themselves. */
const ways: Record<string, (response: ServerResponse) => void> = {
  end: (response) => void response.end('page'),
  write: (response) => {
    response.write('page')
    response.end()
  },
  flushHeaders: (response) => {
    response.flushHeaders()
    response.end('page')
  },
  'writeHead with an object': (response) =>
    void response.writeHead(200, { 'cache-control': 'public', Vary: 'Origin' }).end('page'),
  'writeHead with a flat list': (response) =>
    void response
      .writeHead(200, ['Cache-Control', 'public', 'X-A', '1', 'Cache-Control', 's-maxage=9'])
      .end('page'),
  'writeHead with pairs': (response) =>
    void response.writeHead(200, [['Cache-Control', 'public']] as never).end('page'),
}

async function receive(
  protocol: Protocol,
  all: readonly Layer[],
  cookie: string | undefined,
): Promise<string> {
  await using wire = await openWire(protocol, (request, response) => {
    const left = [...all]
    const next = (): void => left.shift()?.(request, response, next)
    next()
  })
  const headers = {
    ...(cookie ? { Cookie: cookie } : {}),
    ...(protocol === 'http2' ? {} : { Connection: 'close' }),
  }
  return await wire.send({ headers }).done
}

for (const protocol of protocols) {
  for (const [publisher, publish] of Object.entries(publishers)) {
    for (const place of ['in front of', 'behind'] as const) {
      suite(`${publisher} ${place} the session says public, on ${protocol}`, () => {
        for (const [way, respond] of Object.entries(ways)) {
          // Node takes no pairs beside headers that were set.
          if (way.endsWith('pairs') && publisher !== 'the handler alone') continue
          for (const use of ['changed', 'read'] as const) {
            test(`${way}: no shared cache may keep a page whose session was ${use}`, async () => {
              const sessions = createSessionManager<Loose>({ store: controlledStore() })
              const browser = new Browser(sessions)
              await browser.visit((mine) => mine.set('theme', 'dark'))
              const layers = [session(sessions), publish]
              const handler: Layer = (request, response) => {
                const mine = sessions.get(request)
                if (use === 'changed') mine.login('u_1')
                else mine.get('theme')
                respond(response)
              }
              const order = place === 'behind' ? layers : layers.toReversed()
              const received = await receive(protocol, [...order, handler], browser.cookie)
              await settle()
              const head = received.slice(0, received.indexOf('\r\n\r\n'))
              assert.match(head, /^cache-control: .*private/im)
              assert.doesNotMatch(head, /public|s-maxage/)
              assert.match(head, /^vary: .*cookie/im)
              assert.equal(head.match(/^cache-control/gim)?.length, 1)
            })
          }
        }
      })
    }
  }
}
