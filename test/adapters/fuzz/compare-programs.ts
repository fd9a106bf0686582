// Runs one program twice: on bare node, and with a session. Either it has changed, and its save takes a moment, or
// the request brought its cookie and nothing uses it, so that the last word on the head waits for the first byte.
// What the client gets must be the same, and so must what the program sees, as long as its answer has not been
// handed over.

import assert from 'node:assert/strict'
import { session } from '../../../src/node.ts'
import { createSessionManager, memoryStore } from '../../../src/index.ts'
import { openWire } from '../corners/wire.ts'
import type { Listener, Wire } from '../corners/wire.ts'
import { readAnswer } from './answer.ts'
import type { Answer } from './answer.ts'
import { isDestructive, runProgram } from './program.ts'
import type { Sight, Step } from './program.ts'
import { createListeners, createServers, layers } from './stacks.ts'
import type { Layer, Stack } from './stacks.ts'
import { Browser } from '../../core/harness.ts'

/** How many turns of the event loop the save of a changed session takes, or that nothing uses the session. */
export type Use = number | 'unused'

/**
 * How many times to look after a program whose answer has not come, and how many milliseconds apart: it hangs, which
 * shows as a cut answer. Looks count and not time, so that a process that gets no time itself waits as well.
 */
const patience = { looks: 12, apart: 50 }

interface Outcome {
  readonly answer: Answer
  readonly sight: Sight
}

function hasNoBody(program: readonly Step[]): boolean {
  return program.some(
    ([name, status]) => (name === 'writeHead' || name === 'status') && (status === 204 || status === 304),
  )
}

function flattenPairs([name, ...values]: Step): Step {
  return [
    name,
    ...values.map((value) => (name === 'writeHead' && Array.isArray(value) ? value.flat() : value)),
  ]
}

/** Among corked writes an empty string makes http2 of node 24 send bytes that nobody has written. */
function fillChunk([name, ...values]: Step): Step {
  const isBody = name === 'write' || name === 'end'
  return [name, ...values.map((value) => (isBody && value === '' ? 'x' : value))]
}

/** Compares programs on real servers, one for each protocol. */
export class ProgramComparison implements AsyncDisposable {
  readonly #wires: Record<'http/1.1' | 'http2', Wire>
  readonly #serve: Awaited<ReturnType<typeof createServers>>
  readonly #listeners: Map<string, Listener>
  #count = 0
  /** How many turns of the event loop a save takes. */
  #turns = 1
  readonly #sessions: Record<'changed' | 'unused', Layer>
  readonly #browser: Browser

  private constructor(
    wires: Record<'http/1.1' | 'http2', Wire>,
    serve: Awaited<ReturnType<typeof createServers>>,
    listeners: Map<string, Listener>,
  ) {
    this.#wires = wires
    this.#serve = serve
    this.#listeners = listeners
    const memory = memoryStore()
    const store = {
      ...memory,
      create: async (...values: Parameters<typeof memory.create>) => {
        for (let left = this.#turns; left > 0; left--)
          await new Promise((resolve) => void setImmediate(resolve))
        return memory.create(...values)
      },
    }
    const sessions = createSessionManager<{ visit: number }>({ store })
    const open = session(sessions)
    this.#sessions = {
      changed: (request, response, next) =>
        open(request, response, () => {
          sessions.get(request).set('visit', 1)
          next()
        }),
      unused: open,
    }
    this.#browser = new Browser(sessions)
  }

  static async open(): Promise<ProgramComparison> {
    const listeners = new Map<string, Listener>()
    const listen: Listener = (request, response) => listeners.get(request.url ?? '')?.(request, response)
    const wires = { 'http/1.1': await openWire('http/1.1', listen), http2: await openWire('http2', listen) }
    const comparison = new ProgramComparison(wires, await createServers(), listeners)
    await comparison.#browser.visit((mine) => mine.set('visit', 1))
    return comparison
  }

  /** @throws AssertionError when the session shows. */
  async compare(stack: Stack, given: readonly Step[], use: Use): Promise<void> {
    // Node refuses pairs beside headers that middleware in front has yet to set, which nobody can know when they are
    // held, and where any header was ever set, even if it was removed since, which no public property shows.
    const mustFlatten = stack.order.length > 1 || given.some(([name]) => name === 'removeHeader')
    const accepted = mustFlatten ? given.map(flattenPairs) : given
    const program = stack.framework === 'http2' ? accepted.map(fillChunk) : accepted
    const cookie = use === 'unused' ? this.#browser.cookie : undefined
    if (use !== 'unused') this.#turns = use
    const bare = await this.#run(stack, program, (_request, _response, next) => next(), cookie)
    const layer = this.#sessions[use === 'unused' ? use : 'changed']
    const held = await this.#run(stack, program, layer, cookie)
    const isGivenUp = isDestructive(program)
    if (bare.sight.hasGivenUp && !bare.answer.isWhole)
      return assert.equal(held.answer.isWhole, false, 'a cut answer is whole')
    // Destroyed after its end: a save gives the answer more time to leave, as compression may need it.
    if (bare.sight.hasGivenUp || (isGivenUp && !bare.answer.isWhole)) return
    // On bare http2 a write after the end takes the answer away; while a head is held it does nothing.
    if (stack.framework === 'http2' && !bare.answer.isWhole) return
    if (stack.framework === 'http2' && (isGivenUp || bare.sight.hasWrittenLate)) {
      // Trailers leave bare http2 after the body, if nothing has destroyed the stream by then.
      assert.equal(held.answer.isWhole, true, 'a whole answer is cut')
      return assert.equal(held.answer.statusLine, bare.answer.statusLine)
    }
    assert.deepEqual(held.answer, bare.answer)
    if (isGivenUp) return
    // Bare http2 closes a stream without a body in some turn, and what comes then is no error any more.
    if (stack.framework === 'http2' && hasNoBody(program)) return
    const isStatusKnown = !bare.sight.hasRefusedHead && !held.sight.hasRefusedHead
    const isLogKnown = isStatusKnown && !(stack.framework === 'http2' && bare.sight.hasLateStatus)
    const keep = (line: string): boolean =>
      (isStatusKnown || !line.startsWith('status ')) && (isLogKnown || !line.startsWith('logged '))
    assert.deepEqual(held.sight.seen.filter(keep), bare.sight.seen.filter(keep))
    assert.deepEqual(held.sight.heard.filter(keep).toSorted(), bare.sight.heard.filter(keep).toSorted())
    if (bare.sight.errors.length === 0) assert.deepEqual(held.sight.errors, [])
  }

  async #run(
    { framework, order }: Stack,
    program: readonly Step[],
    sessionLayer: Layer,
    cookie: string | undefined,
  ): Promise<Outcome> {
    const path = `/${this.#count++}`
    const mayPassCallbacks = !order.includes('compression')
    const isStatusChanged = order.includes('a changed status')
    const sight: Sight = {
      seen: [],
      heard: [],
      errors: [],
      mayPassCallbacks,
      isStatusChanged,
      isHttp2: framework === 'http2',
      hasEnded: false,
    }
    const all: Record<string, Layer> = { ...layers, ...createListeners(sight), session: sessionLayer }
    const closing = Promise.withResolvers<void>()
    let running: Promise<void> | undefined
    const handler: Layer = (_request, response) => void (running = runProgram(program, response, sight))
    this.#listeners.set(path, (request, response) => {
      response.on('close', closing.resolve)
      this.#serve[framework](request, response, [...order.map((name) => all[name] as Layer), handler])
    })
    const protocol = framework === 'http2' ? 'http2' : 'http/1.1'
    const headers = {
      'Accept-Encoding': 'gzip',
      ...(cookie ? { Cookie: cookie } : {}),
      ...(protocol === 'http2' ? {} : { Connection: 'close' }),
    }
    const client = this.#wires[protocol].send({ path, headers })
    let looks = 0
    const timer = setInterval(() => ++looks === patience.looks && client.leave(), patience.apart)
    const received = await client.done
    await closing.promise
    await running
    clearInterval(timer)
    await new Promise((resolve) => void setImmediate(resolve))
    this.#listeners.delete(path)
    return { answer: readAnswer(received, framework), sight }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const wire of Object.values(this.#wires)) await wire[Symbol.asyncDispose]()
  }
}
