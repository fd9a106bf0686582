// A last word on the head, after every other middleware. Whoever sets headers inside `writeHead` does so in an
// order that depends on where it stands, and a cache must not be told `public` by the one that stands closest to
// node. Below all of them node itself takes the headers: http in `_storeHeader`, http2 in `stream.respond`.

import { ServerResponse } from 'node:http'
import type { HeadGate, ResponseHead } from './head-gate.ts'
import { isHttp2 } from './node-response.ts'
import type { NodeResponse } from './node-response.ts'
import { copyHeaderLines } from './editable-head.ts'
import { readEntries } from './write-head-arguments.ts'
import type { HeaderEntry } from './write-head-arguments.ts'

type StoreHeader = (firstLine: string, headers: unknown) => unknown
type Respond = (headers: Http2Headers, options: unknown) => unknown
type Http2Headers = Record<string, string | number | string[] | undefined>

const gatesKey = Symbol('coatcheck.final-head')

const storeHeaderKey = '_storeHeader'

interface FinalResponse {
  [gatesKey]?: { readonly gates: HeadGate[]; readonly former: StoreHeader } | undefined
  [storeHeaderKey]?: StoreHeader
}

interface FinalStream {
  [gatesKey]?: { readonly gates: HeadGate[]; readonly former: Respond } | undefined
  respond: Respond
}

/**
 * Lets `gate` finish the head when node really takes it. Returns `false` where the runtime shows no such moment;
 * then nothing will be called.
 */
export function finishAtHead(response: NodeResponse, gate: HeadGate): boolean {
  if (isHttp2(response)) return finishAtRespond(response.stream as unknown as FinalStream, gate)
  const target = response as unknown as FinalResponse
  const { [storeHeaderKey]: former } = target
  if (typeof former !== 'function' || !isStoreHeaderCalled()) return false
  if (target[gatesKey]) target[gatesKey].gates.push(gate)
  else {
    target[gatesKey] = { gates: [gate], former }
    target[storeHeaderKey] = storeHeader
  }
  return true
}

function finishAtRespond(stream: FinalStream, gate: HeadGate): boolean {
  if (stream[gatesKey]) stream[gatesKey].gates.push(gate)
  else {
    stream[gatesKey] = { gates: [gate], former: stream.respond }
    stream.respond = respond
  }
  return true
}

/** Shared by all responses, in the place of node's own. */
function storeHeader(this: FinalResponse, firstLine: string, headers: unknown): unknown {
  const { gates, former } = this[gatesKey] as NonNullable<FinalResponse[typeof gatesKey]>
  this[gatesKey] = undefined
  this[storeHeaderKey] = former
  const response = this as unknown as NodeResponse
  if (response.getHeaderNames().length > 0) {
    // Then these are the headers that node takes, and those given to `writeHead` have been merged into them.
    const head = new SetHead(response)
    for (const gate of gates) gate.finish?.(head)
    return Reflect.apply(former, this, [firstLine, headers])
  }
  const head = new GivenHead(response.statusCode, headers)
  for (const gate of gates) gate.finish?.(head)
  return Reflect.apply(former, this, [firstLine, head.headers])
}

/** Shared by all http2 streams that carry a response. */
function respond(this: FinalStream, headers: Http2Headers, options: unknown): unknown {
  const { gates, former } = this[gatesKey] as NonNullable<FinalStream[typeof gatesKey]>
  this[gatesKey] = undefined
  this.respond = former
  const head = new Http2Head(headers)
  for (const gate of gates) gate.finish?.(head)
  return Reflect.apply(former, this, [headers, options])
}

/** A head whose headers are all on the response. Loggers that ask the response later see what was sent. */
class SetHead implements ResponseHead {
  readonly #response: NodeResponse

  constructor(response: NodeResponse) {
    this.#response = response
  }

  get status(): number {
    return this.#response.statusCode
  }

  getHeader(name: string): string | undefined {
    return joinLines(this.#response.getHeader(name))
  }

  setHeader(name: string, value: string): void {
    this.#response.setHeader(name, value)
  }

  appendHeader(name: string, value: string): void {
    copyHeaderLines(this.#response, name)
    this.#response.appendHeader(name, value)
  }

  removeHeader(name: string): void {
    this.#response.removeHeader(name)
  }

  getHeaderNames(): readonly string[] {
    return this.#response.getHeaderNames()
  }
}

/** A head whose headers were all passed to `writeHead`: node has not put them on the response. */
class GivenHead implements ResponseHead {
  readonly status: number
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
    const found = readEntries(this.#headers).filter((entry) => isNamed(entry, name))
    return found.length === 0 ? undefined : found.flatMap((entry) => entry[1]).join(', ')
  }

  setHeader(name: string, value: string): void {
    this.removeHeader(name)
    this.appendHeader(name, value)
  }

  appendHeader(name: string, value: string): void {
    this.#headers = [...readEntries(this.#headers), [name, value]]
  }

  removeHeader(name: string): void {
    this.#headers = readEntries(this.#headers).filter((entry) => !isNamed(entry, name))
  }

  getHeaderNames(): readonly string[] {
    return readEntries(this.#headers).map(([name]) => name.toLowerCase())
  }
}

/** The head of an http2 response, whose names are all in lower case. */
class Http2Head implements ResponseHead {
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

function joinLines(value: number | string | readonly string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value?.toString()
}

function isNamed([name]: HeaderEntry, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase()
}

let isCalled: boolean | undefined

/** Asks this runtime once, with a response that goes nowhere: others have the method but do not call it. */
function isStoreHeaderCalled(): boolean {
  if (isCalled !== undefined) return isCalled
  isCalled = false
  try {
    const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {} }
    const response = new ServerResponse(request as never)
    Object.assign(response, { [storeHeaderKey]: () => (isCalled = true) })
    response.writeHead(200)
  } catch {
    // A runtime that needs more than this for a response is one that shows no such moment.
  }
  return isCalled
}
