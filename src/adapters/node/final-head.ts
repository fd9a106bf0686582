// A last word on the head, after every other middleware. Whoever sets headers inside `writeHead` does so in an
// order that depends on where it stands, and a cache must not be told `public` by the one that stands closest to
// node. Below all of them node itself takes the headers: http in `_storeHeader`, http2 in `stream.respond`.
//
// After a call of `writeHead` the last word can wait for the first byte, since a handler may decide only then what
// it sends. http/1 sends no byte at `writeHead`: node only writes the head out as text, and does so again where it
// was edited. http2 sends it at once, so there it waits for the first call that needs it, or for the next turn of
// the event loop: a client that waits for the head of a stream gets it in time, and a handler that goes on in a
// later turn has had its head sent.

import type { ServerHttp2Stream } from 'node:http2'
import type { HeadGate } from './head-gate.ts'
import { http } from './node-http.ts'
import { isHttp2 } from './node-response.ts'
import type { NodeResponse } from './node-response.ts'
import { GivenHead, Http2Head, SetHead } from './taken-head.ts'
import type { Http2Headers } from './taken-head.ts'

/** Says the last word of a gate that has waited for the first byte. */
export type SayLastWord = () => void

/** The gates of a response, or of an http2 stream, that have yet to say their last word. */
interface FinalHead<Taken, Method> {
  readonly gates: HeadGate[]
  /** Those that wait for the first byte. */
  waiting: readonly HeadGate[]
  /** The method whose place is taken. */
  readonly former: Method
  /** What node has taken while a gate waits. */
  taken: Taken | undefined
}

type Waiting = Pick<FinalHead<unknown, unknown>, 'waiting'>

type StoreHeader = (firstLine: string, headers: unknown) => unknown
type Respond = (headers: Http2Headers, options: unknown) => unknown

const finalKey = Symbol('coatcheck.final-head')

/** Shared: mostly no gate waits, and a list for each response would be garbage. */
const noGates: readonly HeadGate[] = []

const storeHeaderKey = '_storeHeader'
const renderedHeadKey = '_header'
const isRenderedHeadSentKey = '_headerSent'

interface FinalResponse {
  [finalKey]?: FinalHead<{ firstLine: string; head: SetHead | GivenHead }, StoreHeader> | undefined
  [storeHeaderKey]?: StoreHeader
  [renderedHeadKey]?: string | null
  [isRenderedHeadSentKey]?: boolean
}

interface FinalStream extends Pick<ServerHttp2Stream, 'headersSent' | 'closed' | 'destroyed'> {
  /** Missing from node's types. */
  readonly headRequest?: boolean
  [finalKey]?: FinalHead<{ headers: Http2Headers; options: unknown }, Respond> | undefined
  respond: Respond
}

/**
 * Lets `gate` finish the head when node really takes it. Returns `false` where the runtime shows no such moment;
 * then nothing will be called.
 */
export function finishAtHead(response: NodeResponse, gate: HeadGate): boolean {
  const final = isHttp2(response) ? finalHeadOfStream(response.stream) : finalHeadOf(response)
  final?.gates.push(gate)
  return final !== undefined
}

/**
 * Lets `gate` finish a head that `writeHead` is about to send, but not before the returned function is called: do
 * that before anything that sends the first byte. Returns `undefined` where {@link finishAtHead} returns `false`.
 */
export function finishAtFirstByte(response: NodeResponse, gate: HeadGate): SayLastWord | undefined {
  if (!finishAtHead(response, gate)) return undefined
  if (isHttp2(response)) {
    const stream = response.stream as unknown as FinalStream
    addWaiting(stream[finalKey], gate)
    return () => {
      removeWaiting(stream[finalKey], gate)
      sendTaken(stream)
    }
  }
  const target = response as unknown as FinalResponse
  addWaiting(target[finalKey], gate)
  return () => finishTaken(target, gate)
}

function addWaiting(final: Waiting | undefined, gate: HeadGate): void {
  if (final) final.waiting = [...final.waiting, gate]
}

/** Returns whether the gate did wait. */
function removeWaiting(final: Waiting | undefined, gate: HeadGate): boolean {
  if (!final?.waiting.includes(gate)) return false
  final.waiting = final.waiting.filter((each) => each !== gate)
  return true
}

function finalHeadOf(response: NodeResponse): FinalResponse[typeof finalKey] {
  const target = response as unknown as FinalResponse
  const { [storeHeaderKey]: former } = target
  if (target[finalKey]) return target[finalKey]
  if (typeof former !== 'function' || !isStoreHeaderCalled()) return undefined
  target[storeHeaderKey] = storeHeader
  return (target[finalKey] = { gates: [], waiting: noGates, former, taken: undefined })
}

function finalHeadOfStream(stream: ServerHttp2Stream): FinalStream[typeof finalKey] {
  const target = stream as unknown as FinalStream
  if (target[finalKey]) return target[finalKey]
  const { respond: former } = target
  target.respond = respond
  return (target[finalKey] = { gates: [], waiting: noGates, former, taken: undefined })
}

/** Shared by all responses, in the place of node's own. */
function storeHeader(this: FinalResponse, firstLine: string, headers: unknown): unknown {
  const final = this[finalKey] as NonNullable<FinalResponse[typeof finalKey]>
  const { gates, waiting, former } = final
  const response = this as unknown as NodeResponse
  // If there are headers on the response, those given to `writeHead` have been merged into them.
  const isSet = response.getHeaderNames().length > 0
  const head = isSet ? new SetHead(response, headers) : new GivenHead(response.statusCode, headers)
  for (const gate of gates) if (!waiting.includes(gate)) gate.finish?.(head)
  const result = Reflect.apply(former, this, [firstLine, head.headers])
  // Node has not refused it: no other head will come.
  this[storeHeaderKey] = former
  if (waiting.length > 0) final.taken = { firstLine, head }
  else this[finalKey] = undefined
  return result
}

/** Lets a gate that has waited edit the head that node has taken. If that is still to come, the gate waits no more. */
function finishTaken(target: FinalResponse, gate: HeadGate): void {
  const { [finalKey]: final, [renderedHeadKey]: rendered } = target
  if (!removeWaiting(final, gate) || !final?.taken || target[isRenderedHeadSentKey]) return
  const { firstLine, head } = final.taken
  // With this, node's methods take headers again.
  target[renderedHeadKey] = null
  try {
    head.isEdited = false
    gate.finish?.(head)
    if (head.isEdited) Reflect.apply(final.former, target, [firstLine, head.headers])
  } finally {
    target[renderedHeadKey] ??= rendered as string
  }
}

/** Shared by all http2 streams that carry a response. */
function respond(this: FinalStream, headers: Http2Headers, options: unknown): unknown {
  const final = this[finalKey] as NonNullable<FinalStream[typeof finalKey]>
  // A second head: node refuses it.
  if (final.taken) sendTaken(this)
  else if (final.waiting.length > 0 && canWait(this, headers)) {
    final.taken = { headers, options }
    Object.defineProperty(this, 'headersSent', { configurable: true, value: true })
    setImmediate(sendTaken, this)
    return undefined
  }
  this[finalKey] = undefined
  this.respond = final.former
  const head = new Http2Head(headers)
  for (const gate of final.gates) gate.finish?.(head)
  return Reflect.apply(final.former, this, [headers, options])
}

/** Sends the head that waits on an http2 stream. */
function sendTaken(stream: FinalStream): void {
  const final = stream[finalKey]
  if (!final?.taken) return
  const { headers, options } = final.taken
  final.taken = undefined
  final.waiting = noGates
  Reflect.deleteProperty(stream, 'headersSent')
  if (!stream.closed && !stream.destroyed) stream.respond(headers, options)
}

/**
 * Whether `respond` would do no more than send: it throws at several values of a header that takes one, and ends a
 * stream that carries no body, and both must happen at the handler's own call.
 */
function canWait({ headRequest, closed, destroyed }: FinalStream, headers: Http2Headers): boolean {
  const isBodiless = headRequest || [204, 205, 304].includes(Number(headers[':status']))
  const hasLists = Object.entries(headers).some(
    ([name, value]) => Array.isArray(value) && name !== 'set-cookie',
  )
  return !isBodiless && !hasLists && !closed && !destroyed
}

let isCalled: boolean | undefined

/** Asks this runtime once, with a response that goes nowhere: others have the method but do not call it. */
function isStoreHeaderCalled(): boolean {
  if (isCalled !== undefined) return isCalled
  isCalled = false
  try {
    const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {} }
    const response = new http.ServerResponse(request as never)
    Object.assign(response, { [storeHeaderKey]: () => (isCalled = true) })
    response.writeHead(200)
  } catch {
    // A runtime that needs more than this for a response is one that shows no such moment.
  }
  return isCalled
}
