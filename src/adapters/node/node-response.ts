// What http and http2 responses have in common. Arguments are `unknown`, because handlers written in
// JavaScript pass anything, and judging it is left to node.

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
