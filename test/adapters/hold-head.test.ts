import assert from 'node:assert/strict'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { suite, test } from 'node:test'
import { holdHead } from '../../src/adapters/node/hold-head.ts'
import { lastRequest, listen } from './hold-head-harness.ts'

/** What a handler observes. `order` is always compared, `note` only when the gate is synchronous. */
interface Notes {
  note(value: unknown): void
  order(value: unknown): void
}

interface Scenario {
  handle(response: ServerResponse, notes: Notes, request: IncomingMessage): void
  request?: string
  /** Whether it is the only request on its connection. */
  isAlone?: boolean
}

const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const big = 'x'.repeat(200_000)

function noteOutcome(note: (value: unknown) => void, call: () => unknown): void {
  try {
    call()
    note('returned')
  } catch (error) {
    note(`${(error as NodeJS.ErrnoException).code} ${(error as Error).message}`)
  }
}

const scenarios: Record<string, Scenario> = {
  'end()': { handle: (response) => void response.end() },
  'end(chunk)': { handle: (response) => void response.end('body') },
  'end(empty chunk)': { handle: (response) => void response.end('') },
  'end(buffer)': { handle: (response) => void response.end(Buffer.from('body')) },
  'end(Uint8Array)': { handle: (response) => void response.end(new Uint8Array([97, 98])) },
  'end(chunk, encoding)': { handle: (response) => void response.end('c3a9', 'hex') },
  'end(callback)': { handle: (response, { order }) => void response.end(() => order('ended')) },
  'end(chunk, callback)': { handle: (response, { order }) => void response.end('x', () => order('ended')) },
  'end(chunk, encoding, callback)': {
    handle: (response, { order }) => void response.end('é', 'latin1', () => order('ended')),
  },
  'end returns the response': {
    handle: (response, { order }) => order(response.end('x') === response),
  },
  'end twice': {
    handle(response, { order }) {
      response.end('x', () => order('first'))
      response.end(() => order('second'))
    },
  },
  'writeHead(status)': { handle: (response) => void response.writeHead(201).end('x') },
  'writeHead(status, reason)': { handle: (response) => void response.writeHead(201, 'Fine').end('x') },
  'writeHead(status, object)': {
    handle: (response) =>
      void response.writeHead(200, { 'X-Case': 'a', 'x-lines': ['1', '2'], 'X-Number': 5 as never }).end('x'),
  },
  'writeHead(status, reason, object)': {
    handle: (response) => void response.writeHead(404, 'Gone Fishing', { 'X-Case': 'a' }).end('x'),
  },
  'writeHead(status, undefined)': {
    handle: (response) => void response.writeHead(200, undefined as unknown as OutgoingHttpHeaders).end('x'),
  },
  'writeHead(status, undefined, object)': {
    handle: (response) => void response.writeHead(200, undefined, { 'X-Case': 'a' }).end('x'),
  },
  'writeHead(status, flat list)': {
    handle: (response) => void response.writeHead(200, ['X-A', '1', 'x-b', '2', 'X-A', '3']).end('x'),
  },
  'writeHead(status, reason, flat list)': {
    handle: (response) =>
      void response.writeHead(200, 'OK', ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end('x'),
  },
  'writeHead(status, pairs)': {
    handle: (response) =>
      void response
        .writeHead(200, [
          ['X-A', '1'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ] as never)
        .end('x'),
  },
  'writeHead over set headers': {
    handle(response) {
      response.setHeader('X-Set', 'old')
      response.setHeader('Set-Cookie', ['a=1', 'b=2'])
      response.setHeader('X-Other', 'kept')
      response.writeHead(200, { 'x-set': 'new' }).end('x')
    },
  },
  'writeHead with a list over set headers': {
    handle(response) {
      response.setHeader('X-Set', 'old')
      response.writeHead(200, ['X-Set', 'new', 'X-Set', 'newer', 'Set-Cookie', 'c=3']).end('x')
    },
  },
  'writeHead with pairs over set headers throws': {
    handle(response, { order }) {
      response.setHeader('X-Set', 'old')
      noteOutcome(order, () =>
        response.writeHead(200, [
          ['a', '1'],
          ['b', '2'],
        ] as never),
      )
      response.end('after')
    },
  },
  'writeHead with Content-Length': {
    handle: (response) => void response.writeHead(200, { 'Content-Length': 4 }).end('body'),
  },
  'writeHead with Transfer-Encoding': {
    handle: (response) => void response.writeHead(200, { 'Transfer-Encoding': 'chunked' }).end('body'),
  },
  'writeHead with Connection: close': {
    handle: (response) => void response.writeHead(200, { Connection: 'close' }).end('body'),
  },
  'writeHead with Date': {
    handle: (response) => void response.writeHead(200, { Date: 'today' }).end('body'),
  },
  'writeHead, write, end': {
    handle(response, { note, order }) {
      note(response.writeHead(200) === response)
      note(response.headersSent)
      note(response.write('one', () => order('one')))
      note(response.write('c3a9', 'hex', () => order('two')))
      note(response.write('three', 'utf8'))
      response.end('four', () => order('ended'))
      note(response.writableEnded)
    },
  },
  'write, end': {
    handle(response, { note, order }) {
      note(response.write(Buffer.from('one')))
      note(response.writableNeedDrain)
      note(response.write(big, () => order('big')))
      note(response.writableNeedDrain)
      response.end()
    },
  },
  'write of nothing': {
    handle(response) {
      response.write('')
      response.end('x')
    },
  },
  'status and reason set beforehand': {
    handle(response) {
      response.statusCode = 418
      response.statusMessage = 'Short'
      response.end('x')
    },
  },
  'reason set, status given': {
    handle(response) {
      response.statusMessage = 'Kept'
      response.writeHead(202)
      response.end('x')
    },
  },
  'status changed after writeHead': {
    handle(response) {
      response.writeHead(202)
      response.statusCode = 500
      response.statusMessage = 'Late'
      response.end('x')
    },
  },
  'status changed after write': {
    handle(response) {
      response.write('a')
      response.statusCode = 204
      response.end('x')
    },
  },
  flushHeaders: {
    handle(response, { note }) {
      response.setHeader('X-A', '1')
      note(response.flushHeaders())
      note(response.headersSent)
      response.end('x')
    },
  },
  'flushHeaders after writeHead': {
    handle(response) {
      response.writeHead(200, { 'Content-Length': 1 })
      response.flushHeaders()
      response.end('x')
    },
  },
  '204': { handle: (response) => void response.writeHead(204).end('ignored') },
  '304': { handle: (response) => void response.writeHead(304, { ETag: '"a"' }).end() },
  '204 by status': {
    handle(response) {
      response.statusCode = 204
      response.end()
    },
  },
  HEAD: {
    request: 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
    handle: (response) => void response.end('body'),
  },
  'HEAD with writes': {
    request: 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
    handle(response, { order }) {
      response.setHeader('Content-Length', 9)
      response.write('body', () => order('written'))
      response.end('more!', () => order('ended'))
    },
  },
  'HTTP/1.0': {
    isAlone: true,
    request: 'GET / HTTP/1.0\r\n\r\n',
    handle(response) {
      response.write('one')
      response.end('two')
    },
  },
  'HTTP/1.0 with keep-alive': {
    isAlone: true,
    request: 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    handle: (response) => void response.end('two'),
  },
  trailers: {
    handle(response) {
      response.writeHead(200, { Trailer: 'X-Sum' })
      response.write('body')
      response.addTrailers({ 'X-Sum': '1' })
      response.end()
    },
  },
  'removed automatic headers': {
    handle(response) {
      response.removeHeader('Date')
      response.removeHeader('Content-Length')
      response.removeHeader('Connection')
      response.end('x')
    },
  },
  'cork and uncork': {
    handle(response) {
      response.cork()
      response.write('one')
      response.write('two')
      response.write('three')
      response.uncork()
      response.write('four')
      response.end()
    },
  },
  'cork after the head': {
    handle(response) {
      response.writeHead(200)
      response.flushHeaders()
      response.write('before')
      response.cork()
      response.write('one')
      response.write('two')
      response.uncork()
      response.end('three')
    },
  },
  'uncork on the next tick': {
    handle(response) {
      response.cork()
      response.write('one')
      response.write('two')
      process.nextTick(() => {
        response.uncork()
        response.end('three')
      })
    },
  },
  'strictContentLength kept': {
    handle(response) {
      response.strictContentLength = true
      response.writeHead(200, { 'Content-Length': 6 })
      response.write('é', 'utf8')
      response.end('body')
    },
  },
  'strictContentLength broken by write': {
    handle(response, { order }) {
      response.strictContentLength = true
      response.writeHead(200, { 'Content-Length': 3 })
      noteOutcome(order, () => response.write('body'))
      response.end('abc')
    },
  },
  'strictContentLength broken by end': {
    handle(response, { order }) {
      response.strictContentLength = true
      response.writeHead(200, { 'Content-Length': 9 })
      noteOutcome(order, () => response.end('body'))
      response.end('123456789')
    },
  },
  'strictContentLength of a HEAD': {
    request: 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
    handle(response) {
      response.strictContentLength = true
      response.writeHead(200, { 'Content-Length': 9 })
      response.end()
    },
  },
  'invalid status': {
    handle(response, { order }) {
      noteOutcome(order, () => response.writeHead(99))
      noteOutcome(order, () => response.writeHead(1000, { a: 'b' }))
      response.end('after')
    },
  },
  'invalid status set': {
    handle(response, { order }) {
      response.statusCode = 42
      noteOutcome(order, () => response.end('x'))
      response.statusCode = 500
      response.end('after')
    },
  },
  'invalid reason': {
    handle(response, { order }) {
      noteOutcome(order, () => response.writeHead(200, 'a\nb'))
      response.statusMessage = 'ok'
      response.end('after')
    },
  },
  'invalid reason set': {
    handle(response, { order }) {
      response.statusMessage = 'a\nb'
      noteOutcome(order, () => response.end('x'))
      response.statusMessage = 'ok'
      response.end('after')
    },
  },
  'invalid header name': {
    handle(response, { order }) {
      noteOutcome(order, () => response.writeHead(200, { 'bad name': 'x' }))
      response.end('after')
    },
  },
  'invalid header value': {
    handle(response, { order }) {
      noteOutcome(order, () => response.writeHead(200, { a: 'x\ny' }))
      noteOutcome(order, () => response.writeHead(200, { a: undefined }))
      noteOutcome(order, () => response.writeHead(200, ['a', 'b', 'c']))
      response.end('after')
    },
  },
  'invalid chunk': {
    handle(response, { order }) {
      noteOutcome(order, () => response.write(null))
      noteOutcome(order, () => response.write(5))
      noteOutcome(order, () => response.end({}))
      response.statusCode = 500
      response.end('after')
    },
  },
  'invalid chunk after the head': {
    handle(response, { order }) {
      response.writeHead(200)
      noteOutcome(order, () => response.write(null))
      noteOutcome(order, () => response.end(5))
      response.end('after')
    },
  },
  'change of a sent head': {
    handle(response, { order }) {
      response.writeHead(200, { 'X-A': '1' })
      noteOutcome(order, () => response.writeHead(200))
      noteOutcome(order, () => response.setHeader('a', 'b'))
      noteOutcome(order, () => response.appendHeader('a', 'b'))
      noteOutcome(order, () => response.removeHeader('X-A'))
      noteOutcome(order, () => response.setHeaders(new Map([['a', 'b']])))
      order([response.headersSent, response.statusCode, response.statusMessage])
      response.end('x')
    },
  },
  'write after end': {
    handle(response, { note, order }) {
      response.on('error', (error: NodeJS.ErrnoException) => note(`event ${error.code}`))
      response.end('x')
      order(response.write('y', (error) => note(`callback ${(error as NodeJS.ErrnoException).code}`)))
      order(response.end('z') === response)
      note([response.writableEnded, response.finished])
    },
  },
  'early hints, processing and continue': {
    handle(response) {
      response.writeContinue()
      response.writeProcessing()
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('x')
    },
  },
  'a request body read first': {
    request: 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc',
    handle(response, _, request) {
      request.on('data', (chunk) => response.write(chunk))
      request.on('end', () => response.end())
    },
  },
  pipe: {
    handle: (response) => void Readable.from(['one', big, 'three', big]).pipe(response),
  },
  'pipe after a write': {
    handle(response) {
      response.write('first')
      Readable.from(['one', big]).pipe(response)
    },
  },
  pipeline: {
    handle(response, { order }) {
      pipeline(Readable.from([big, 'two', big]), response).then(
        () => order('done'),
        (error) => order(String(error)),
      )
    },
  },
  'pipeline of an iterable': {
    handle(response, { order }) {
      pipeline(['a', big, 'c'], response).then(
        () => order('done'),
        (error) => order(String(error)),
      )
    },
  },
  'writes by drain': {
    handle(response) {
      let left = 20
      const next = (): void => {
        while (left > 0) {
          left -= 1
          if (!response.write(big.slice(0, 9000) + left) && left > 0) return void response.once('drain', next)
        }
        response.end()
      }
      next()
    },
  },
}

type Mode = 'bare' | 'at once' | 'edited' | 'held' | 'held and edited' | 'held twice'

function installGates(mode: Mode, response: ServerResponse): () => void {
  if (mode === 'bare') return () => {}
  const isHeld = mode.startsWith('held')
  const isEdited = mode.includes('edited')
  const opening = Promise.withResolvers<void>()
  for (let count = mode === 'held twice' ? 2 : 1; count > 0; count--) {
    holdHead(response, {
      open(head) {
        const edit = (): void => void (isEdited && head.appendHeader('X-Gate', '1'))
        return isHeld ? opening.promise.then(edit) : edit()
      },
      fail: (error) => assert.fail(error as Error),
    })
  }
  return opening.resolve
}

// The second request shows in which state the first one left the connection.
async function serve({ handle, request = get, isAlone }: Scenario, mode: Mode): Promise<Result> {
  const result: Result = { received: '', notes: [], order: [] }
  const closed = Promise.withResolvers<void>()
  let isFirst = true
  await using listening = await listen((incoming, response) => {
    if (!isFirst) return void response.end('last')
    isFirst = false
    const release = installGates(mode, response)
    response.on('finish', () => result.order.push('finish'))
    response.on('close', () => closed.resolve())
    handle(
      response,
      { note: (value) => result.notes.push(value), order: (value) => result.order.push(value) },
      incoming,
    )
    setImmediate(release)
  })
  result.received = await listening.exchange(isAlone ? request : request + lastRequest())
  await closed.promise
  return result
}

interface Result {
  received: string
  notes: unknown[]
  order: unknown[]
}

function sortHeaders(received: string): string {
  return received.replaceAll(/(HTTP\/1\.1 .*\r\n)([^]*?)\r\n\r\n/g, (_, line: string, headers: string) => {
    const lines = headers.split('\r\n').filter((header) => header !== 'X-Gate: 1')
    return `${line}${lines.toSorted().join('\r\n')}\r\n\r\n`
  })
}

suite('a held head, compared with bare node', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    suite(name, () => {
      const bare = serve(scenario, 'bare')
      test('opened at once', async () => {
        assert.deepEqual(await serve(scenario, 'at once'), await bare)
      })
      for (const mode of ['held', 'held twice'] as const) {
        test(mode, async () => {
          const result = await serve(scenario, mode)
          assert.equal(result.received, (await bare).received)
          assert.deepEqual(result.order, (await bare).order)
        })
      }
      for (const mode of ['edited', 'held and edited'] as const) {
        test(mode, async () => {
          const result = await serve(scenario, mode)
          assert.equal(result.received.match(/X-Gate: 1\r\n/g)?.length, 1)
          assert.equal(sortHeaders(result.received), sortHeaders((await bare).received))
          assert.deepEqual(result.order, (await bare).order)
        })
      }
    })
  }
})
