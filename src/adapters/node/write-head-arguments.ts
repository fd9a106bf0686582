// The arguments of `writeHead`, in their many forms: with and without a reason phrase, headers as an
// object, as a flat list or as pairs. These functions follow node's own rules (lib/_http_server.js),
// so that holding a head does not change what is sent.

import { http } from './node-http.ts'
import { isHttp2 } from './node-response.ts'
import type { NodeResponse } from './node-response.ts'

type HeaderValue = number | string | readonly string[]
/** One header: its name, and its value or values. */
export type HeaderEntry = readonly [name: string, value: HeaderValue]

// RFC 9112, section 4: a reason phrase consists of tab, space, visible characters and obs-text (0x80-0xff).
const invalidReason = /[^\t\x20-\x7e\x80-\xff]/

/** The reason phrase, if one was given. */
export function readGivenReason(head: readonly unknown[]): string | undefined {
  return typeof head[1] === 'string' ? head[1] : undefined
}

/** The headers, in the form in which they were given. */
function readGivenHeaders(head: readonly unknown[]): unknown {
  return typeof head[1] === 'string' ? head[2] : (head[2] ?? head[1])
}

/** Whether a list is `[[name, value], …]` rather than `[name, value, …]`. */
function isPairs(headers: readonly unknown[]): boolean {
  return Array.isArray(headers[0])
}

/** Headers of any form, as pairs. */
export function readEntries(headers: unknown): readonly HeaderEntry[] {
  if (headers === undefined || headers === null) return []
  if (!Array.isArray(headers)) return Object.entries(headers) as HeaderEntry[]
  if (isPairs(headers)) return headers as HeaderEntry[]
  const entries: HeaderEntry[] = []
  for (let index = 0; index < headers.length; index += 2) entries.push([headers[index], headers[index + 1]])
  return entries
}

/**
 * Whether node would send this head. One that it would refuse is passed to node at once, without opening
 * the gate, so that node's error reaches the handler at its own call.
 *
 * @throws node's own error for a header name or value that is not valid.
 */
export function isSendable(response: NodeResponse, head: readonly unknown[]): boolean {
  const status = (head[0] as number) | 0
  if (isHttp2(response)) return status >= 200 && status <= 599 && isAcceptedByHttp2(readGivenHeaders(head))
  if (status < 100 || status > 999) return false
  const reason = readGivenReason(head) ?? response.statusMessage
  if (reason && invalidReason.test(reason)) return false
  if (head.length < 2) return true
  const headers = readGivenHeaders(head)
  if (Array.isArray(headers) && isRefusedList(response, headers)) return false
  for (const [name, value] of readEntries(headers)) {
    http.validateHeaderName(name)
    http.validateHeaderValue(name, value as string)
  }
  return true
}

/** Whether http2's compatibility API accepts these names and values; it throws at others. */
function isAcceptedByHttp2(headers: unknown): boolean {
  if (Array.isArray(headers) && !isPairs(headers) && headers.length % 2 !== 0) return false
  return readEntries(headers).every(
    ([name, value]: readonly [unknown, unknown]) =>
      typeof name === 'string' && /^[^: ][^ ]*$/.test(name.trim()) && value !== undefined && value !== null,
  )
}

/** Node merges a list with headers already set only if it is flat, and takes flat lists of even length only. */
function isRefusedList(response: NodeResponse, headers: readonly unknown[]): boolean {
  return isPairs(headers) ? response.getHeaderNames().length > 0 : headers.length % 2 !== 0
}

/** The value of a header among those given; several values are joined with `', '`. */
export function findGivenHeader(head: readonly unknown[], name: string): string | undefined {
  const wanted = name.toLowerCase()
  const found = readEntries(readGivenHeaders(head)).filter((entry) => entry[0].toLowerCase() === wanted)
  return found.length === 0 ? undefined : found.flatMap((entry) => entry[1]).join(', ')
}

/** The names of the headers given, in lower case. */
export function listGivenNames(head: readonly unknown[]): readonly string[] {
  return readEntries(readGivenHeaders(head)).map(([name]) => name.toLowerCase())
}

/**
 * Moves the given headers to the response by node's rules: they replace those already set, and a list may
 * repeat a name. Returns the arguments that remain.
 */
export function mergeGivenHeaders(response: NodeResponse, head: readonly unknown[]): readonly unknown[] {
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

/** A copy that later changes do not affect: a handler may use one object for all its responses. */
export function copyGivenHead(head: readonly unknown[]): readonly unknown[] {
  return head.map((value) => {
    if (Array.isArray(value) || typeof value !== 'object' || value === null) return copyLists(value)
    return Object.fromEntries(Object.entries(value).map(([name, lines]) => [name, copyLists(lines)]))
  })
}

function copyLists(value: unknown): unknown {
  return Array.isArray(value) ? value.map(copyLists) : value
}

/** Copies a list, because node would keep it and append to it. */
function toLines(value: HeaderValue): string | readonly string[] {
  return Array.isArray(value) ? value.map(String) : String(value)
}
