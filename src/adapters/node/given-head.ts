// The arguments of `writeHead`, in their many forms: with and without a reason, headers as an
// object, as a flat list or as pairs. Node's own rules decide which is sent (lib/_http_server.js),
// and these functions follow them, so that holding a head changes nothing about it.

import { validateHeaderName, validateHeaderValue } from 'node:http'
import { isHttp2, type LooseResponse } from './loose-response.ts'

type HeaderValue = number | string | readonly string[]
type HeaderEntry = readonly [name: string, value: HeaderValue]

// RFC 9112, section 4: a reason phrase is tab, space, visible characters and the upper half of Latin-1.
const invalidReason = /[^\t\x20-\x7e\x80-\xff]/

/** The reason phrase among the arguments of `writeHead`. */
export function readGivenReason(head: readonly unknown[]): string | undefined {
  return typeof head[1] === 'string' ? head[1] : undefined
}

/** The headers among the arguments of `writeHead`, in whichever of its forms. */
function readGivenHeaders(head: readonly unknown[]): unknown {
  return typeof head[1] === 'string' ? head[2] : (head[2] ?? head[1])
}

/** Whether a list is `[[name, value], …]` and not `[name, value, …]`. */
function isPairs(headers: readonly unknown[]): boolean {
  return Array.isArray(headers[0])
}

/** Headers of any form as pairs. */
function readEntries(headers: unknown): readonly HeaderEntry[] {
  if (headers === undefined || headers === null) return []
  if (!Array.isArray(headers)) return Object.entries(headers) as HeaderEntry[]
  if (isPairs(headers)) return headers as HeaderEntry[]
  const entries: HeaderEntry[] = []
  for (let index = 0; index < headers.length; index += 2) entries.push([headers[index], headers[index + 1]])
  return entries
}

/**
 * Whether node would send this head. Refused ones go to node at once, whose own error then reaches
 * the handler at its own call, and the gate stays closed.
 */
export function isSendable(response: LooseResponse, head: readonly unknown[]): boolean {
  const status = (head[0] as number) | 0
  if (isHttp2(response)) return status >= 200 && status <= 599 && isTakenByHttp2(readGivenHeaders(head))
  if (status < 100 || status > 999) return false
  const reason = readGivenReason(head) ?? response.statusMessage
  if (reason && invalidReason.test(reason)) return false
  if (head.length < 2) return true
  const headers = readGivenHeaders(head)
  if (Array.isArray(headers) && isRefusedList(response, headers)) return false
  for (const [name, value] of readEntries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value as string)
  }
  return true
}

// The names and values that http2's compatibility API throws at.
function isTakenByHttp2(headers: unknown): boolean {
  if (Array.isArray(headers) && !isPairs(headers) && headers.length % 2 !== 0) return false
  return readEntries(headers).every(
    ([name, value]: readonly [unknown, unknown]) =>
      typeof name === 'string' && /^[^: ][^ ]*$/.test(name.trim()) && value !== undefined && value !== null,
  )
}

// Node merges a list into headers that are set only when it is flat and even.
function isRefusedList(response: LooseResponse, headers: readonly unknown[]): boolean {
  return isPairs(headers) ? response.getHeaderNames().length > 0 : headers.length % 2 !== 0
}

/** The value of a header given to `writeHead`, and `undefined` when it was not given. */
export function findGivenHeader(head: readonly unknown[], name: string): string | undefined {
  const wanted = name.toLowerCase()
  const found = readEntries(readGivenHeaders(head)).filter((entry) => entry[0].toLowerCase() === wanted)
  return found.length === 0 ? undefined : found.flatMap((entry) => entry[1]).join(', ')
}

/**
 * Moves the headers given to `writeHead` to the response, by node's rule: they replace those that are
 * set, and a list may repeat a name. Returns the arguments that remain.
 */
export function mergeGivenHeaders(response: LooseResponse, head: readonly unknown[]): readonly unknown[] {
  const headers = readGivenHeaders(head)
  const entries = readEntries(headers)
  if (Array.isArray(headers)) {
    for (const [name] of entries) if (response.hasHeader(name)) response.removeHeader(name)
    for (const [name, value] of entries) response.appendHeader(name, toLines(value))
  } else {
    for (const [name, value] of entries) response.setHeader(name, value)
  }
  const reason = readGivenReason(head)
  return reason === undefined ? [head[0]] : [head[0], reason]
}

/** A copy that later changes by the handler do not reach: it may use one object for all its responses. */
export function copyGivenHead(head: readonly unknown[]): readonly unknown[] {
  return head.map((value) => {
    if (Array.isArray(value) || typeof value !== 'object' || value === null) return copyLists(value)
    return Object.fromEntries(Object.entries(value).map(([name, lines]) => [name, copyLists(lines)]))
  })
}

function copyLists(value: unknown): unknown {
  return Array.isArray(value) ? value.map(copyLists) : value
}

/** A list is copied: node would keep it, and append further lines to it. */
function toLines(value: HeaderValue): string | readonly string[] {
  return Array.isArray(value) ? value.map(String) : String(value)
}
