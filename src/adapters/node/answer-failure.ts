// The answer when a gate has failed. By then the handler has set headers, perhaps a Content-Length or
// a trailer, and other middleware may have wrapped the response. None of it may show in the answer.

import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { HeadGate } from './head-gate.ts'
import { isHttp2 } from './node-response.ts'
import type { NodeResponse, SendMethods } from './node-response.ts'
import { isHandedOver } from './simulated-head.ts'

/**
 * Clears the head and lets the gate answer through `methods`, the response's methods as they were
 * before the gate. Middleware that has wrapped them since (compression, for example) has already seen
 * the handler's body begin and would corrupt the answer.
 */
export function answerFailure(
  response: NodeResponse,
  methods: SendMethods,
  gate: HeadGate,
  error: unknown,
): void {
  const { writeHead, write, end, flushHeaders } = response
  try {
    clearHead(response)
    Object.assign(response, methods)
    gate.fail(error, response as unknown as ServerResponse)
  } catch (failure) {
    response.destroy(failure instanceof Error ? failure : new Error(String(failure)))
  }
  if (isHandedOver(response) || response.destroyed) {
    Object.assign(response, { writeHead, write, end, flushHeaders })
  }
}

/** Resets the head to what it was before any handler ran. */
export function clearHead(response: NodeResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusCode = 500
  if (isHttp2(response)) return dropTrailers(response)
  response.addTrailers({})
  response.statusMessage = ''
  // Node remembers which headers were removed and does not add those itself.
  Object.assign(response, {
    sendDate: true,
    _removedConnection: false,
    _removedContLen: false,
    _removedTE: false,
  })
}

/** http2 cannot remove a trailer, but it asks for them when the body ends: send none then. */
function dropTrailers({ stream }: { readonly stream: ServerHttp2Stream }): void {
  stream.removeAllListeners('wantTrailers')
  stream.on('wantTrailers', () => stream.sendTrailers({}))
}
