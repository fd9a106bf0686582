// What http and http2 responses have in common, with types as loose as the callers are.

import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { isUint8Array } from 'node:util/types'

/** The four methods a head can leave by. Their arguments are passed on and not ours to judge. */
export interface HeadMethods {
  /** Sends status and headers; throws after they have left. */
  writeHead(...head: unknown[]): unknown
  /** Sends a piece of the body, and before the first one the head. `false`: wait for a drain. */
  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean
  /** Sends the last piece, or nothing more. */
  end(chunk?: unknown, encoding?: unknown, callback?: unknown): unknown
  /** Sends the head before there is a body. */
  flushHeaders(): void
}

/** A node response, of http or of http2's compatibility API, whose methods take any arguments. */
export type LooseResponse = Omit<ServerResponse, keyof HeadMethods> &
  HeadMethods & {
    /** Of http only, and missing in its types. */
    getRawHeaderNames?(): string[]
  }

/** Whether this is http2, where the reason phrase does not exist and touching it warns. */
export function isHttp2<Response extends object>(
  response: Response,
): response is Response & { readonly stream: ServerHttp2Stream } {
  return 'stream' in response
}

/** Whether node takes this as a piece of a body. */
export function isChunk(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || isUint8Array(value)
}
