// A handler as data: the calls that it makes on its response, one after the other. What it sees is recorded, so
// that the same program can be compared with and without a session.

import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'

/** One call of a program: what to call, and with what. */
export type Step = readonly [name: keyof typeof actions, ...values: unknown[]]

/** What a program saw. */
export interface Sight {
  /** In order: what was asked, and what was thrown before the program had ended its response. */
  readonly seen: string[]
  /** In any order: callbacks and what they were given, `finish`, and what loggers wrote. */
  readonly heard: string[]
  readonly errors: string[]
  /** Compression takes the callback of an `end` for its chunk, and throws. */
  readonly mayPassCallbacks: boolean
  readonly isHttp2: boolean
  /** Middleware in front of the session changes the status only when the head is really sent. */
  readonly isStatusChanged: boolean
  hasEnded: boolean
  /** Whether the response was destroyed or has closed: no event will follow. */
  isClosed?: boolean
  /** Whether a `writeHead` was refused: on-headers has set its status by then, where it stands in front. */
  hasRefusedHead?: boolean
  /** Whether it set a status after its `end`, which bare http2 shows to loggers for some turns. */
  hasLateStatus?: boolean
  /** Whether it wrote after its `end`, for which bare http2 destroys the response. */
  hasWrittenLate?: boolean
  /** Whether it destroyed its answer before the `end`: what has left by then depends on the save. */
  hasGivenUp?: boolean
}

type Action = (response: ServerResponse, sight: Sight, ...values: never[]) => unknown

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** Http2 has several errors for what comes too late, which depend on how far its stream has come. */
function describe({ isHttp2 }: Sight, error: unknown): string {
  if (!error) return 'done'
  return isHttp2 ? 'an error' : String((error as NodeJS.ErrnoException).code)
}

function hear(sight: Sight, name: string): (error?: Error | null) => void {
  const isLate = sight.hasEnded
  return (error) => {
    if (!isLate) sight.heard.push(`${name} ${describe(sight, error)}`)
  }
}

const actions = {
  // Node appends to a list that it was given, and the next run must not see that.
  setHeader: (response, _sight, name: string, value: string | string[]) =>
    void response.setHeader(name, Array.isArray(value) ? [...value] : value),
  appendHeader: (response, _sight, name: string, value: string) => void response.appendHeader(name, value),
  removeHeader: (response, _sight, name: string) => response.removeHeader(name),
  writeHead: (response, _sight, ...head: unknown[]) => void Reflect.apply(response.writeHead, response, head),
  write(response, sight, chunk: string) {
    if (sight.hasEnded) sight.hasWrittenLate = true
    response.write(chunk, 'utf8', hear(sight, 'write'))
  },
  flushHeaders: (response) => response.flushHeaders(),
  end(response, sight, chunk?: string) {
    const heard = sight.mayPassCallbacks ? hear(sight, 'end') : undefined
    sight.hasEnded = true
    if (chunk === undefined) response.end(heard)
    else response.end(chunk, heard)
  },
  status(response, sight, status: number) {
    if (sight.isStatusChanged) return
    sight.hasLateStatus ||= sight.hasEnded
    response.statusCode = status
  },
  message(response, { isStatusChanged }, message: string) {
    if (!isStatusChanged) response.statusMessage = message
  },
  ask(response, sight) {
    const { writableEnded, finished, writableCorked } = response
    if (!sight.hasEnded) sight.seen.push(`ended ${writableEnded} ${finished}, corked ${writableCorked}`)
    sight.seen.push(`sent ${response.headersSent}`)
  },
  askStatus(response, { seen, isStatusChanged }) {
    if (!isStatusChanged) seen.push(`status ${response.statusCode}`)
  },
  trailers(response, { hasEnded, mayPassCallbacks }) {
    // Compression ends later than its handler, by some turns, and takes trailers until then.
    if (mayPassCallbacks || !hasEnded) response.addTrailers({ 'X-Trailer': 'sum' })
  },
  cork: (response, sight) => sight.hasEnded || response.cork(),
  uncork: (response, sight) => sight.hasEnded || response.writableCorked === 0 || response.uncork(),
  turn,
  async pipe(response, sight, chunks: string[]) {
    // Nobody catches what a pipe's own calls throw.
    if (sight.hasEnded || sight.hasRefusedHead || sight.isClosed || response.statusCode < 100) return
    sight.hasEnded = true
    await new Promise<void>((resolve) => {
      for (const name of ['finish', 'close', 'error']) response.once(name, () => resolve())
      Readable.from(chunks).pipe(response)
    })
  },
  destroy(response, sight) {
    sight.hasGivenUp ||= !sight.hasEnded
    sight.isClosed = true
    response.destroy()
  },
  destroySocket(response, sight) {
    sight.hasGivenUp ||= !sight.hasEnded
    sight.isClosed = true
    response.req.socket.destroy()
  },
} satisfies Record<string, Action>

/** Whether the program gives its answer up, so that little can be said of what it sees from then on. */
export function isDestructive(program: readonly Step[]): boolean {
  return program.some(([name]) => name.startsWith('destroy'))
}

/** What ends a response whose status or reason phrase node has refused so far. */
const rescue: readonly Step[] = [['end'], ['status', 200], ['message', ''], ['end']]

function* rescued(program: readonly Step[], sight: Sight): Generator<Step> {
  yield* program
  for (const step of rescue) if (!sight.hasEnded) yield step
}

/** Makes the calls of the program, and one last `end` that no program does without. */
export async function runProgram(
  program: readonly Step[],
  response: ServerResponse,
  sight: Sight,
): Promise<void> {
  response.on('finish', () => sight.heard.push('finish'))
  response.on('close', () => (sight.isClosed = true))
  response.on('error', (error: NodeJS.ErrnoException) => sight.errors.push(String(error.code)))
  for (const [name, ...values] of rescued(program, sight)) {
    const wasEnded = sight.hasEnded
    try {
      const pending: unknown = Reflect.apply(actions[name], undefined, [response, sight, ...values])
      if (pending instanceof Promise) await pending
    } catch (error) {
      if (name === 'writeHead') sight.hasRefusedHead = true
      if (name === 'end' && !wasEnded) sight.hasEnded = false
      if (!wasEnded) sight.seen.push(`${name} threw ${describe(sight, error)}`)
    }
  }
}

const headerNames = fc.constantFrom('X-A', 'x-a', 'X-B', 'Set-Cookie', 'Content-Type', 'ETag')
/** Those that http2, too, lets a response have several times. */
const repeatable = fc.constantFrom('X-A', 'x-a', 'X-B', 'Set-Cookie')
const headerValues = fc.constantFrom('1', 'two', 'text/plain')
/** Two spellings of one name are two lines, or one where any header was set: node itself does not say. */
const distinctNames = headerNames.filter((name) => name !== 'x-a')
const headers = fc.oneof(
  fc.dictionary(distinctNames, headerValues, { maxKeys: 2 }).map((each) => ({ ...each })),
  fc.array(fc.tuple(repeatable, headerValues), { maxLength: 2 }).map((pairs) => pairs.flat()),
  fc.array(fc.tuple(repeatable, headerValues), { minLength: 1, maxLength: 2 }),
)
const statuses = fc.constantFrom(200, 200, 201, 204, 304, 404, 422, 99)
const chunks = fc.constantFrom('one', 'two ', '', 'a longer line of text. '.repeat(40))

const heads = fc.oneof(
  statuses.map((status) => [status]),
  fc.tuple(statuses, fc.constantFrom('Fine', 'Odd')).map((head) => [...head]),
  fc.tuple(statuses, headers).map((head) => [...head]),
  fc.tuple(statuses, fc.constantFrom('Fine'), headers).map((head) => [...head]),
)

function step(name: Step[0], ...values: Arbitrary<unknown>[]): Arbitrary<Step> {
  return fc.tuple(...values).map((given) => [name, ...given] as unknown as Step)
}

const steps = fc.oneof(
  { arbitrary: step('write', chunks), weight: 5 },
  { arbitrary: step('end', fc.option(chunks, { nil: undefined })), weight: 3 },
  { arbitrary: heads.map((head) => ['writeHead', ...head] as unknown as Step), weight: 3 },
  { arbitrary: step('setHeader', headerNames, headerValues), weight: 4 },
  step('setHeader', repeatable, fc.constant(['a=1', 'b=2'])),
  { arbitrary: step('turn'), weight: 3 },
  { arbitrary: step('ask'), weight: 3 },
  step('flushHeaders'),
  step('appendHeader', repeatable, headerValues),
  step('removeHeader', fc.oneof(headerNames, fc.constantFrom('Content-Length', 'Date', 'Transfer-Encoding'))),
  step('status', statuses),
  step('message', fc.constantFrom('Chosen', '')),
  step('askStatus'),
  step('trailers'),
  step('cork'),
  step('uncork'),
  // An empty string among written ones makes http2 of node 24 send other bytes than those written.
  step('pipe', fc.array(fc.constantFrom('one', 'two '), { maxLength: 3 })),
  step('destroy'),
  step('destroySocket'),
)

/** Any program. */
export const programs: Arbitrary<Step[]> = fc.array(steps, { minLength: 1, maxLength: 8 })
