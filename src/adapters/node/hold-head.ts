// Holding back the head of a node response. Node sends it at the first of four methods, all
// synchronous; a commit is not. So those four are replaced on the response: the first call opens
// the gate, and while the gate works all calls are kept and afterwards made again, in order, as if
// nothing had been between. With nothing to wait for everything passes straight through. Who does
// what: head-layer.ts decides for each call; held-calls.ts keeps them; held-surface.ts makes the
// response look as if its head had left; given-head.ts and editable-head.ts know what the head will
// be; answer-failure.ts and dropped-calls.ts are for when the gate fails.

import type { ServerResponse } from 'node:http'
import type { HeadGate } from './head-gate.ts'
import { HeadLayer } from './head-layer.ts'
import type { HeadMethods, LooseResponse } from './loose-response.ts'

export type { HeadGate, ResponseHead } from './head-gate.ts'

/** The four methods that stand on a response while a gate is on it, and where its layer is found. */
interface Interceptor extends HeadMethods {
  readonly key: symbol
}

type Intercepted = Record<symbol, HeadLayer>

// One per depth of nesting, so that no response needs functions of its own.
const interceptors: Interceptor[] = []

/**
 * Lets `gate` work before the head of `response` leaves, whichever way it leaves: `writeHead`, `write`,
 * `end`, `flushHeaders`, or a pipe. May be called several times: the gate added last opens first.
 *
 * A head that has already been sent is not held, and the gate never opens.
 */
export function holdHead(response: ServerResponse, gate: HeadGate): void {
  if (response.headersSent) return
  const target = response as LooseResponse & Intercepted
  const interceptor = findFreeInterceptor(target)
  target[interceptor.key] = new HeadLayer(target, gate, interceptor)
  target.writeHead = interceptor.writeHead
  target.write = interceptor.write
  target.end = interceptor.end
  target.flushHeaders = interceptor.flushHeaders
}

/** Two managers on one response are two layers: the first set of methods that it does not have yet. */
function findFreeInterceptor(response: object): Interceptor {
  let depth = 0
  for (;;) {
    const interceptor = (interceptors[depth++] ??= createInterceptor())
    if (!(interceptor.key in response)) return interceptor
  }
}

/** Methods that look up their layer on the response they are called on. */
function createInterceptor(): Interceptor {
  const key = Symbol('coatcheck.head')
  return {
    key,
    writeHead(this: Intercepted, ...head) {
      return (this[key] as HeadLayer).writeHead(head)
    },
    write(this: Intercepted, chunk, encoding, callback) {
      return (this[key] as HeadLayer).write(chunk, encoding, callback)
    },
    end(this: Intercepted, chunk, encoding, callback) {
      return (this[key] as HeadLayer).end(chunk, encoding, callback)
    },
    flushHeaders(this: Intercepted) {
      ;(this[key] as HeadLayer).flushHeaders()
    },
  }
}
