// What http and http2 responses have in common: the four methods that can send the head, and the errors that handlers
// expect of them. Arguments are `unknown`, because handlers written in JavaScript pass anything, and judging it is left
// to node.

import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { isUint8Array } from 'node:util/types'

/** The four methods that can send the head. */
export interface SendMethods {
  /** Sends status and headers. Throws after they have been sent. */
  writeHead(...head: unknown[]): unknown
  /** Sends a chunk of the body, preceded by the head if need be. `false` means: wait for `drain`. */
  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean
  /** Ends the response, with or without a last chunk. */
  end(chunk?: unknown, encoding?: unknown, callback?: unknown): unknown
  /** Sends the head before there is a body. */
  flushHeaders(): void
}

/** A response of node's http, or of http2's compatibility API, whose methods take any arguments. */
export type NodeResponse = Omit<ServerResponse, keyof SendMethods> &
  SendMethods & {
    /** On http only, and missing from its types. */
    getRawHeaderNames?(): string[]
  }

/** Whether this is an http2 response, which has no reason phrase: touching it emits a warning. */
export function isHttp2<Response extends object>(
  response: Response,
): response is Response & { readonly stream: ServerHttp2Stream } {
  return 'stream' in response
}

/** Whether node accepts this as a chunk of a body. */
export function isChunk(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || isUint8Array(value)
}

/** Whether the head was sent, or is held. `headersSent` alone does not say: `@fastify/express` replaces it. */
export function isHeadSent(response: NodeResponse): boolean {
  return response.headersSent || Boolean(Reflect.get(response, '_header'))
}

/** The methods that the response has now. */
export function readMethods({ writeHead, write, end, flushHeaders }: SendMethods): SendMethods {
  return { writeHead, write, end, flushHeaders }
}

/** Puts the original methods back, except where later middleware has wrapped those that replaced them. */
export function putBack(response: NodeResponse, replacing: SendMethods, original: SendMethods): void {
  if (response.writeHead === replacing.writeHead) response.writeHead = original.writeHead
  if (response.write === replacing.write) response.write = original.write
  if (response.end === replacing.end) response.end = original.end
  if (response.flushHeaders === replacing.flushHeaders) response.flushHeaders = original.flushHeaders
}

/** Calls a method that may send the head, which is then that of `given`: who was asked is not asked again. */
export function sendGiven<Result>(
  response: NodeResponse,
  original: SendMethods,
  given: readonly unknown[] | undefined,
  act: () => Result,
): Result {
  if (!given) return act()
  const { writeHead } = response
  const restore = (): void => {
    if (response.writeHead === replacement) response.writeHead = writeHead
  }
  const replacement = (...head: unknown[]): unknown => {
    restore()
    const isImplicit = head.length === 1 && head[0] === response.statusCode
    return Reflect.apply(isImplicit ? original.writeHead : writeHead, response, isImplicit ? given : head)
  }
  response.writeHead = replacement
  const result = act()
  // Left in place where the head is still to come: middleware in front may gather a body first.
  if (isHeadSent(response)) restore()
  return result
}

/**
 * Creates an error with a code, as node's own have. Handlers and frameworks compare codes and messages, and must find
 * the same ones while a head is held.
 */
export function createNodeError(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code })
}

/** Creates what node throws when headers are changed after they were sent. */
export function createHeadersSentError(response: object, verb: string): Error {
  return isHttp2(response)
    ? createNodeError('ERR_HTTP2_HEADERS_SENT', 'Response has already been initiated.')
    : createNodeError('ERR_HTTP_HEADERS_SENT', `Cannot ${verb} headers after they are sent to the client`)
}
