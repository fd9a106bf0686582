// The four methods of a response that can send the head: those that a gate found, and how it calls them.

import { isHeadSent } from './node-response.ts'
import type { NodeResponse, SendMethods } from './node-response.ts'

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
