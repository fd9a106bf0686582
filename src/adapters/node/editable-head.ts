// A head has two sources, the headers set on the response and those passed to `writeHead`, and node
// merges them when it sends the head. A gate must read and change the result before that. Without a
// change the head stays exactly as the handler gave it, in form and order.

import { http } from './node-http.ts'
import type { ResponseHead } from './head-gate.ts'
import { isHttp2 } from './node-response.ts'
import type { NodeResponse } from './node-response.ts'
import { editHeaders } from './simulated-head.ts'
import {
  copyGivenHead,
  findGivenHeader,
  listGivenNames,
  mergeGivenHeaders,
  readGivenReason,
} from './write-head-arguments.ts'

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
    const value = (this.#given && findGivenHeader(this.#given, name)) ?? this.#response.getHeader(name)
    return Array.isArray(value) ? value.join(', ') : value?.toString()
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
    return this.#given ? [...new Set([...names, ...listGivenNames(this.#given)])] : names
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

/** Node appends to the array that the handler passed, which the handler may share among responses. */
export function copyHeaderLines(response: NodeResponse, name: string): void {
  const lines = response.getHeader(name)
  if (!Array.isArray(lines)) return
  const rawName = response.getRawHeaderNames?.().find((each) => each.toLowerCase() === name.toLowerCase())
  response.setHeader(rawName ?? name, [...lines])
}
