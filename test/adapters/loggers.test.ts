// What well-known middleware sees of a response whose save is under way: that it is not over yet, and afterwards the
// status, the length and the time of what has really left.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import compression from 'compression'
import morgan from 'morgan'
import onFinished from 'on-finished'
import { session } from '../../src/node.ts'
import { createSessionManager } from '../../src/index.ts'
import { controlledStore } from '../core/controlled-store.ts'
import { settle } from '../core/harness.ts'
import type { Loose } from '../core/harness.ts'
import { serve } from '../support/serve.ts'

type Layer = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

const require = createRequire(import.meta.url)
const responseTime = require('response-time') as (
  write: (request: unknown, response: ServerResponse, time: number) => void,
) => Layer

const page = 'a line of text. '.repeat(100)
const refusal = 'The session may not have been saved.'

/** Without the session's headers, and at once: what is compared is what loggers see of it. */
function answerRefusal(_error: unknown, _request: unknown, response: ServerResponse): void {
  response.writeHead(503).end(refusal)
}

interface Watched {
  /** What was seen until the save was decided. */
  readonly before: readonly string[]
  /** What was seen in all. */
  readonly seen: readonly string[]
  readonly response: Response
  readonly body: string
}

/** Serves one page that signs in behind or in front of a layer, and lets its save pass or fail. */
async function watch(
  context: TestContext,
  createLayer: (seen: string[]) => Layer,
  place: 'in front' | 'behind',
  fate: 'pass' | 'refuse',
): Promise<Watched> {
  const store = controlledStore()
  store.plan('create', 'hold')
  // A save that fails is tried once more.
  if (fate === 'refuse') store.always('create', 'refuse')
  const sessions = createSessionManager<Loose>({ store })
  const seen: string[] = []
  const layers: Layer[] = [createLayer(seen), session(sessions, { onSaveError: answerRefusal })]
  const handler: Layer = (request, response) => {
    sessions.get(request).login('u_1')
    response.setHeader('Content-Type', 'text/plain')
    response.setHeader('Content-Length', page.length)
    response.end(page)
  }
  const origin = await serve(context, (request, response) => {
    const left = [...(place === 'in front' ? layers : layers.toReversed()), handler]
    const next = (): void => left.shift()?.(request, response, next)
    next()
  })
  const answer = fetch(origin)
  const call = await store.held('create')
  await settle()
  const before = [...seen]
  call[fate]()
  const response = await answer
  const body = await response.text()
  await settle()
  return { before, seen, response, body }
}

/** Runs a test with the layer on either side of the session. */
function onBothSides(
  name: string,
  run: (context: TestContext, place: 'in front' | 'behind') => Promise<void>,
): void {
  for (const place of ['in front', 'behind'] as const)
    test(`${name}, ${place}`, (context) => run(context, place))
}

const watchFinish =
  (seen: string[]): Layer =>
  (_request, response, next) => {
    onFinished(response, (error) => {
      seen.push(`${error ? 'badly' : 'well'} ${response.statusCode} ${response.writableFinished}`)
    })
    next()
  }

const log = (seen: string[]): Layer =>
  morgan(':status :res[content-length] :response-time', {
    stream: { write: (line) => void seen.push(line) },
  })

const readLine = (line: string | undefined): unknown[] => {
  const [status, length, time] = String(line).trim().split(' ')
  return [status, length, Number(time) >= 0]
}

const compress = (): Layer => compression({ threshold: 0 }) as unknown as Layer

const measure = (seen: string[]): Layer =>
  responseTime((_request, response, time) => {
    seen.push(`${response.statusCode} ${time >= 0}`)
    response.setHeader('X-Response-Time', time)
  })

suite('on-finished', () => {
  onBothSides('finishes after the save, with its status', async (context, place) => {
    const { before, seen } = await watch(context, watchFinish, place, 'pass')
    assert.deepEqual([before, seen], [[], ['well 200 true']])
  })
  onBothSides('finishes after a save that failed, with its status', async (context, place) => {
    const { before, seen } = await watch(context, watchFinish, place, 'refuse')
    assert.deepEqual([before, seen], [[], ['well 503 true']])
  })
})

suite('morgan', () => {
  onBothSides('logs status and length of what left, once it has', async (context, place) => {
    const { before, seen } = await watch(context, log, place, 'pass')
    assert.deepEqual([before, seen.length], [[], 1])
    assert.deepEqual(readLine(seen[0]), ['200', String(page.length), true])
  })
  onBothSides('logs the answer to a failed save, not what the handler sent', async (context, place) => {
    const { before, seen } = await watch(context, log, place, 'refuse')
    assert.deepEqual([before, seen.length], [[], 1])
    // Node counts a body that comes with the end, and puts the length in no header that can be asked for.
    assert.deepEqual(readLine(seen[0]), ['503', '-', true])
  })
})

suite('compression', () => {
  onBothSides('compresses the whole page', async (context, place) => {
    const { response, body } = await watch(context, compress, place, 'pass')
    assert.equal(response.headers.get('content-encoding'), 'gzip')
    assert.equal(response.headers.get('content-length'), null)
    assert.deepEqual([response.status, body], [200, page])
    assert.equal(response.headers.getSetCookie().length, 1)
  })
  onBothSides('leaves the answer to a failed save readable', async (context, place) => {
    const complaints = context.mock.method(console, 'error', () => {})
    const { response, body } = await watch(context, compress, place, 'refuse')
    assert.deepEqual([response.status, body], [503, refusal])
    // The answer was ended, though compression has yet to pass that on.
    const lines = complaints.mock.calls.map((call) => String(call.arguments[0]))
    assert.deepEqual(
      lines.filter((line) => line.includes('onSaveError')),
      [],
    )
  })
})

suite('response-time', () => {
  test('in front, measures until the head leaves, the save included', async (context) => {
    const { before, seen, response } = await watch(context, measure, 'in front', 'pass')
    assert.deepEqual([before, seen], [[], ['200 true']])
    assert.ok(Number(response.headers.get('x-response-time')) > 0)
  })
  test('behind, measures until the handler sends its head', async (context) => {
    const { before, seen, response } = await watch(context, measure, 'behind', 'pass')
    assert.deepEqual([before, seen], [['200 true'], ['200 true']])
    assert.ok(Number(response.headers.get('x-response-time')) > 0)
  })
  test('in front, sees the status of a failed save', async (context) => {
    const { before, seen, response } = await watch(context, measure, 'in front', 'refuse')
    assert.deepEqual([before, seen, response.status], [[], ['503 true'], 503])
  })
})
