// A head has two sources, the headers set on the response and those passed to `writeHead`, and node merges them when it
// sends the head. A gate must read and change the result before that. Without a change the head stays exactly as the
// handler gave it, in form and order.
//
// `writeHead` takes its arguments in many forms: with and without a reason phrase, headers as an object, as a flat list or
// as pairs. The functions behind the class follow node's own rules for them (lib/_http_server.js).

import type { ResponseHead } from './head-gate.ts'
import { http } from './node-http.ts'
import { isHttp2 } from './node-response.ts'
import type { NodeResponse } from './node-response.ts'
import { editHeaders } from './simulated-head.ts'

/** The head that is about to be sent. */
export class EditableHead implements ResponseHead {
  /** Converted to an integer, as node does it. */
  readonly status: number
  readonly #response: NodeResponse
  #given: readonly unknown[] | undefined
  /** What the response shows while the head is held, and the reason phrase that it had before. */
  #shown: { readonly reason: string | undefined; readonly formerReason: string | undefined } | undefined

  /** `given` are the arguments of `writeHead`; absent when a body began and nobody passed any. */
  constructor(response: NodeResponse, given: readonly unknown[] | undefined) {
    this.status = ((given ? given[0] : response.statusCode) as number) | 0
    this.#response = response
    this.#given = given
  }

  /** The arguments for `writeHead`: those given, without their headers once these have been edited. */
  get given(): readonly unknown[] | undefined {
    return this.#given
  }

  /** The value that would be sent: a header passed to `writeHead` takes precedence. */
  getHeader(name: string): string | undefined {
    const given = this.#given && findHeader(readGivenHeaders(this.#given), name)
    return given ?? joinLines(this.#response.getHeader(name))
  }

  /** Replaces the header in both sources. */
  setHeader(name: string, value: string): void {
    this.#edit((response) => response.setHeader(name, value))
  }

  /** Removes the header from both sources. */
  removeHeader(name: string): void {
    this.#edit((response) => response.removeHeader(name))
  }

  /** The names in both sources, in lower case. */
  getHeaderNames(): readonly string[] {
    const names = this.#response.getHeaderNames()
    return this.#given ? [...new Set([...names, ...listNames(readGivenHeaders(this.#given))])] : names
  }

  /** Adds a header line beside the handler's own. */
  appendHeader(name: string, value: string): void {
    this.#edit((response) => {
      copyHeaderLines(response, name)
      response.appendHeader(name, value)
    })
  }

  /**
   * Protects the head from what the handler does with its own objects after the call, and shows status and reason
   * phrase on the response as node's `writeHead` does.
   */
  keep(): void {
    if (this.#given) this.#given = copyGivenHead(this.#given)
    const response = this.#response
    response.statusCode = this.status
    if (isHttp2(response)) return void (this.#shown = { reason: undefined, formerReason: undefined })
    const formerReason = response.statusMessage
    const given = this.#given && readGivenReason(this.#given)
    const reason = given ?? (formerReason || http.STATUS_CODES[this.status] || 'unknown')
    this.#shown = { reason, formerReason }
    response.statusMessage = reason
  }

  /**
   * Lets `send` find the status as it was before the head was held: node and middleware in front may still choose
   * another, and node finds the words for it. What the handler has set meanwhile is too late for the head, and
   * stays on the response, as in bare node.
   */
  sendWithStatus(send: () => void): void {
    const response = this.#response
    const { statusCode } = response
    response.statusCode = this.status
    if (isHttp2(response)) {
      send()
      if (statusCode !== this.status) response.statusCode = statusCode
      return
    }
    const { statusMessage } = response
    response.statusMessage = this.#shown?.formerReason as string
    send()
    if (statusCode !== this.status) response.statusCode = statusCode
    if (statusMessage !== this.#shown?.reason) response.statusMessage = statusMessage
  }

  /** Moves the given headers to the response first, so that there is only one source to change. */
  #edit(change: (response: NodeResponse) => void): void {
    const response = this.#response
    editHeaders(response, () => {
      if (this.#given) this.#given = mergeGivenHeaders(response, this.#given)
      change(response)
    })
  }
}

type HeaderValue = number | string | readonly string[]
/** One header: its name, and its value or values. */
type HeaderEntry = readonly [name: string, value: HeaderValue]

// RFC 9112, section 4: a reason phrase consists of tab, space, visible characters and obs-text (0x80-0xff).
const invalidReason = /[^\t\x20-\x7e\x80-\xff]/

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

/** The reason phrase, if one was given. */
function readGivenReason(head: readonly unknown[]): string | undefined {
  return typeof head[1] === 'string' ? head[1] : undefined
}

/** The headers, in the form in which they were given. */
function readGivenHeaders(head: readonly unknown[]): unknown {
  return typeof head[1] === 'string' ? head[2] : (head[2] ?? head[1])
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

/** Whether a list is `[[name, value], …]` rather than `[name, value, …]`. */
function isPairs(headers: readonly unknown[]): boolean {
  return Array.isArray(headers[0])
}

/** The value of a header among those given, in any form; several values are joined with `', '`. */
export function findHeader(headers: unknown, name: string): string | undefined {
  const found = readEntries(headers).filter((entry) => isNamed(entry, name))
  return found.length === 0 ? undefined : found.flatMap((entry) => entry[1]).join(', ')
}

/** The names of the headers given, in lower case. */
export function listNames(headers: unknown): readonly string[] {
  return readEntries(headers).map(([name]) => name.toLowerCase())
}

/** Whether a header has this name, in any case. */
export function isNamed([name]: HeaderEntry, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase()
}

/** The lines of a header as one value. */
export function joinLines(value: HeaderValue | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value?.toString()
}

/**
 * Moves the given headers to the response by node's rules: they replace those already set, and a list may
 * repeat a name. Returns the arguments that remain.
 */
function mergeGivenHeaders(response: NodeResponse, head: readonly unknown[]): readonly unknown[] {
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

/** Copies a list, because node would keep it and append to it. */
function toLines(value: HeaderValue): string | readonly string[] {
  return Array.isArray(value) ? value.map(String) : String(value)
}

/** A copy that later changes do not affect: a handler may use one object for all its responses. */
function copyGivenHead(head: readonly unknown[]): readonly unknown[] {
  return head.map((value) => {
    if (Array.isArray(value) || typeof value !== 'object' || value === null) return copyLists(value)
    return Object.fromEntries(Object.entries(value).map(([name, lines]) => [name, copyLists(lines)]))
  })
}

function copyLists(value: unknown): unknown {
  return Array.isArray(value) ? value.map(copyLists) : value
}

/** Node appends to the array that the handler passed, which the handler may share among responses. */
export function copyHeaderLines(response: NodeResponse, name: string): void {
  const lines = response.getHeader(name)
  if (!Array.isArray(lines)) return
  const rawName = response.getRawHeaderNames?.().find((each) => each.toLowerCase() === name.toLowerCase())
  response.setHeader(rawName ?? name, [...lines])
}
