import type { ServerResponse } from 'node:http'
import type { HeadGate } from './head-gate.ts'
import { HeadLayer } from './head-layer.ts'
import type { HeadMethods, LooseResponse } from './loose-response.ts'

export type { HeadGate, ResponseHead } from './head-gate.ts'

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

function findFreeInterceptor(response: object): Interceptor {
  let depth = 0
  for (;;) {
    const interceptor = (interceptors[depth++] ??= createInterceptor())
    if (!(interceptor.key in response)) return interceptor
  }
}

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
