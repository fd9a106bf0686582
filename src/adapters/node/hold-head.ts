// Holds back the head of a node response. Node sends the head at the first call of one of four methods,
// all of them synchronous; saving a session is not. So the four methods are replaced on the response: the
// first call opens a gate, and calls that come while the gate works are kept and repeated afterwards, in
// order. If the gate has nothing to wait for, every call passes straight through.
//
// gated-response.ts decides what happens to a call; held-calls.ts keeps calls for later;
// simulated-head.ts makes the response look as if its head had been sent, and delayed-destruction.ts lets an
// answer arrive that was handed over; editable-head.ts works out which head will be
// sent, and final-head.ts has the last word on it; answer-failure.ts and dropped-calls.ts take over when the gate
// fails.

import type { ServerResponse } from 'node:http'
import { GatedResponse } from './gated-response.ts'
import type { HeadGate } from './head-gate.ts'
import { isHeadSent } from './node-response.ts'
import type { NodeResponse, SendMethods } from './node-response.ts'

/** Replacements of the four methods, and the property where they find the gate of their response. */
interface Interceptor extends SendMethods {
  readonly key: symbol
}

type Intercepted = Record<symbol, GatedResponse>

// One for each depth of nesting, shared by all responses: no response needs functions of its own.
const interceptors: Interceptor[] = []

/**
 * Lets `gate` work before the head of `response` is sent, whichever call sends it: `writeHead`, `write`,
 * `end`, `flushHeaders`, or a pipe. May be called several times on one response; the gate added last opens
 * first.
 *
 * If the head has already been sent, the gate never opens.
 */
export function holdHead(response: ServerResponse, gate: HeadGate): void {
  const target = response as NodeResponse & Intercepted
  if (isHeadSent(target)) return
  const interceptor = findFreeInterceptor(target)
  if (interceptor === interceptors[0]) response.on('close', closeGates)
  target[interceptor.key] = new GatedResponse(target, gate, interceptor)
  target.writeHead = interceptor.writeHead
  target.write = interceptor.write
  target.end = interceptor.end
  target.flushHeaders = interceptor.flushHeaders
}

/** A listener for all responses, because a closure for each would keep garbage alive for longer. */
function closeGates(this: ServerResponse): void {
  for (const { key } of interceptors) (this as unknown as Partial<Intercepted>)[key]?.close()
}

/**
 * Waits until no gate holds the head of `response` any more: what was held has been sent, or something else instead.
 * Returns `undefined` where none does.
 */
export function waitForHead(response: ServerResponse): Promise<void> | undefined {
  const target = response as ServerResponse & Partial<Intercepted>
  for (const { key } of interceptors) {
    const holding = target[key]?.holding
    if (holding) return holding.then(() => waitForHead(response))
  }
  return undefined
}

/** The first interceptor that is not on the response yet: two managers on one response need two. */
function findFreeInterceptor(response: object): Interceptor {
  let depth = 0
  for (;;) {
    const interceptor = (interceptors[depth++] ??= createInterceptor())
    if (!(interceptor.key in response)) return interceptor
  }
}

/** Creates methods that delegate to the gate of the response they are called on. */
function createInterceptor(): Interceptor {
  const key = Symbol('coatcheck.head')
  return {
    key,
    writeHead(this: Intercepted, ...head) {
      return (this[key] as GatedResponse).writeHead(head)
    },
    write(this: Intercepted, chunk, encoding, callback) {
      return (this[key] as GatedResponse).write(chunk, encoding, callback)
    },
    end(this: Intercepted, chunk, encoding, callback) {
      return (this[key] as GatedResponse).end(chunk, encoding, callback)
    },
    flushHeaders(this: Intercepted) {
      ;(this[key] as GatedResponse).flushHeaders()
    },
  }
}
