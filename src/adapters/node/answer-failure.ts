// Answering in the handler's stead. The handler has already set headers, perhaps a length and a
// trailer, and other middleware has wrapped the response; none of it may show in the answer.

import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { HeadGate } from './head-gate.ts'
import { isHttp2, type HeadMethods, type LooseResponse } from './loose-response.ts'

/**
 * Clears the head and lets the gate answer with the methods below it. Whatever was put around them since
 * (compression, say) has seen the handler's body begin and would spoil the answer.
 */
export function answerFailure(
  response: LooseResponse,
  methods: HeadMethods,
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
  if (response.writableEnded || response.destroyed) {
    Object.assign(response, { writeHead, write, end, flushHeaders })
  }
}

/** As a response is before any handler has seen it. */
function clearHead(response: LooseResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusCode = 500
  if (isHttp2(response)) return dropTrailers(response)
  response.addTrailers({})
  response.statusMessage = ''
  // Node remembers a removed header as one that it must not add by itself.
  Object.assign(response, {
    sendDate: true,
    _removedConnection: false,
    _removedContLen: false,
    _removedTE: false,
  })
}

/** http2 cannot take back a trailer; but it asks for them at the end, and the answer can be another. */
function dropTrailers({ stream }: { readonly stream: ServerHttp2Stream }): void {
  stream.removeAllListeners('wantTrailers')
  stream.on('wantTrailers', () => stream.sendTrailers({}))
}
