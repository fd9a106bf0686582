// A head has two sources, the headers set on the response and those given to `writeHead`, and node
// merges them when it leaves. A gate must read and change the result before. Untouched it stays
// exactly what the handler gave, in its form and order.

import { STATUS_CODES } from 'node:http'
import { copyGivenHead, findGivenHeader, mergeGivenHeaders, readGivenReason } from './given-head.ts'
import type { ResponseHead } from './head-gate.ts'
import { editHeaders } from './held-surface.ts'
import { isHttp2, type LooseResponse } from './loose-response.ts'

/** The head that is about to leave: what is set on the response and what was given to `writeHead`. */
export class EditableHead implements ResponseHead {
  /** As node reads it: a whole number. */
  readonly status: number
  readonly #response: LooseResponse
  #given: readonly unknown[] | undefined
  #reason: string | undefined

  /** `given` are the arguments of `writeHead`, and absent when a body began without it. */
  constructor(response: LooseResponse, given: readonly unknown[] | undefined) {
    this.status = ((given ? given[0] : response.statusCode) as number) | 0
    this.#response = response
    this.#given = given
  }

  /** The arguments of `writeHead`: untouched, or without the headers after an edit. */
  get given(): readonly unknown[] | undefined {
    return this.#given
  }

  /** What would be sent: a header given to `writeHead` goes before one that was set. */
  getHeader(name: string): string | undefined {
    const value = (this.#given && findGivenHeader(this.#given, name)) ?? this.#response.getHeader(name)
    return Array.isArray(value) ? value.join(', ') : value?.toString()
  }

  /** Replaces the header in both sources. */
  setHeader(name: string, value: string): void {
    this.#edit((response) => response.setHeader(name, value))
  }

  /** Adds a line beside the handler's own. */
  appendHeader(name: string, value: string): void {
    this.#edit((response) => {
      unshareLines(response, name)
      response.appendHeader(name, value)
    })
  }

  /**
   * Puts status and reason on the response as node's `writeHead` does. Again at the release, since the
   * handler may have changed them meanwhile.
   */
  fixStatus(): void {
    const response = this.#response
    response.statusCode = this.status
    if (isHttp2(response)) return
    const given = this.#given && readGivenReason(this.#given)
    this.#reason ??= given ?? (response.statusMessage || STATUS_CODES[this.status] || 'unknown')
    response.statusMessage = this.#reason
  }

  /** Makes the head outlast the call that it was given to. */
  keep(): void {
    if (this.#given) this.#given = copyGivenHead(this.#given)
    this.fixStatus()
  }

  /** Moves what was given to the response first, so that there is one source to change. */
  #edit(change: (response: LooseResponse) => void): void {
    const response = this.#response
    editHeaders(response, () => {
      if (this.#given) this.#given = mergeGivenHeaders(response, this.#given)
      change(response)
    })
  }
}

/** Node appends to the handler's own array, and that may be the array of all its responses. */
function unshareLines(response: LooseResponse, name: string): void {
  const lines = response.getHeader(name)
  if (!Array.isArray(lines)) return
  const spelled = response.getRawHeaderNames?.().find((each) => each.toLowerCase() === name.toLowerCase())
  response.setHeader(spelled ?? name, [...lines])
}
