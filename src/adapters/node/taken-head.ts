// A head that node is about to take, in the forms in which its own methods pass headers on. What is edited here is
// what is sent: nobody comes later.

import { copyHeaderLines, findHeader, isNamed, joinLines, listNames, readEntries } from './editable-head.ts'
import type { ResponseHead } from './head-gate.ts'
import type { NodeResponse } from './node-response.ts'

/** The headers of an http2 response, as `stream.respond` takes them. */
export type Http2Headers = Record<string, string | number | string[] | undefined>

/** A head whose headers are all on the response. Loggers that ask the response later see what was sent. */
export class SetHead implements ResponseHead {
  /** Node's own list, which the response's methods edit. */
  readonly headers: unknown
  isEdited = false
  readonly #response: NodeResponse

  constructor(response: NodeResponse, headers: unknown) {
    this.#response = response
    this.headers = headers
  }

  get status(): number {
    return this.#response.statusCode
  }

  getHeader(name: string): string | undefined {
    return joinLines(this.#response.getHeader(name))
  }

  setHeader(name: string, value: string): void {
    this.isEdited = true
    this.#response.setHeader(name, value)
  }

  appendHeader(name: string, value: string): void {
    this.isEdited = true
    copyHeaderLines(this.#response, name)
    this.#response.appendHeader(name, value)
  }

  removeHeader(name: string): void {
    this.isEdited = true
    this.#response.removeHeader(name)
  }

  getHeaderNames(): readonly string[] {
    return this.#response.getHeaderNames()
  }
}

/** A head whose headers were all passed to `writeHead`: node has not put them on the response. */
export class GivenHead implements ResponseHead {
  readonly status: number
  isEdited = false
  #headers: unknown

  constructor(status: number, headers: unknown) {
    this.status = status
    this.#headers = headers
  }

  /** The headers as they were given, or as pairs once they have been changed. */
  get headers(): unknown {
    return this.#headers
  }

  getHeader(name: string): string | undefined {
    return findHeader(this.#headers, name)
  }

  setHeader(name: string, value: string): void {
    this.removeHeader(name)
    this.appendHeader(name, value)
  }

  appendHeader(name: string, value: string): void {
    this.isEdited = true
    this.#headers = [...readEntries(this.#headers), [name, value]]
  }

  removeHeader(name: string): void {
    this.isEdited = true
    this.#headers = readEntries(this.#headers).filter((entry) => !isNamed(entry, name))
  }

  getHeaderNames(): readonly string[] {
    return listNames(this.#headers)
  }
}

/** The head of an http2 response, whose names are all in lower case. */
export class Http2Head implements ResponseHead {
  readonly #headers: Http2Headers

  constructor(headers: Http2Headers) {
    this.#headers = headers
  }

  get status(): number {
    return Number(this.#headers[':status'] ?? 200)
  }

  getHeader(name: string): string | undefined {
    return joinLines(this.#headers[name.toLowerCase()])
  }

  setHeader(name: string, value: string): void {
    this.#headers[name.toLowerCase()] = value
  }

  appendHeader(name: string, value: string): void {
    const present = this.#headers[name.toLowerCase()]
    this.#headers[name.toLowerCase()] =
      present === undefined ? value : [present].flat().map(String).concat(value)
  }

  removeHeader(name: string): void {
    Reflect.deleteProperty(this.#headers, name.toLowerCase())
  }

  getHeaderNames(): readonly string[] {
    return Object.keys(this.#headers).filter((name) => !name.startsWith(':'))
  }
}
