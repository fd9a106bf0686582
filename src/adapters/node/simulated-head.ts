// Makes a response whose head is held look as if the head had been sent: `headersSent` is true and
// `setHeader` throws, as in bare node after `writeHead`. Middleware relies on that; error handlers, for
// example, ask `headersSent` whether they may still answer. On node's own http responses setting one
// internal field is enough; elsewhere (http2, other runtimes) each property is replaced.
//
// What is not so is not shown: `finished` and `writableEnded` stay false until node's own `end` is called,
// because servers that shut down, adapters for functions and loggers act on them. After the handler's `end`
// the methods that would change the answer do nothing instead: it has been handed over.

import { DelayedDestruction } from './delayed-destruction.ts'
import { dropCall } from './dropped-calls.ts'
import { createHeadersSentError, isHttp2 } from './node-response.ts'
import type { NodeResponse } from './node-response.ts'

/** What a held response reports about itself. */
export interface HeldState {
  /** Whether the handler has ended the response. */
  readonly isEnded: boolean
  /** The value of `writableNeedDrain`. */
  readonly needsDrain: boolean
  /** Keeps a call for the release. */
  keep(method: Method, values: unknown[]): void
}

/** Any method of a response. */
export type Method = (...values: never[]) => unknown

/** How a response was changed, and how to change it back. */
interface Simulation {
  readonly state: HeldState
  readonly cork: Method
  readonly uncork: Method
  readonly hasPlaceholder: boolean
  /** The former descriptors of replaced properties, in the order in which they were replaced. */
  readonly replaced: Map<string, PropertyDescriptor | undefined>
  destruction: DelayedDestruction | undefined
  /** The value of `writableCorked`. */
  corked: number
  /** Whether this library is changing headers right now, which must not throw. */
  isEditing: boolean
}

const simulationKey = Symbol('coatcheck.simulation')

// The field where node keeps a rendered head. Some middleware reads it as well.
const renderedHeadKey = '_header'

// With this in the field, node's own methods refuse what they refuse after a head was sent. It is a
// complete head, so that a write that bypasses the replaced methods shows the client an error.
const placeholderHead = 'HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\n'

interface HeldResponse extends NodeResponse {
  [simulationKey]: Simulation | undefined
  [renderedHeadKey]?: string | null
}

/** Makes the response look as if its head had been sent. */
export function simulateSentHead(response: NodeResponse, state: HeldState): void {
  const held = response as HeldResponse
  const { cork, uncork } = held
  const hasPlaceholder = setPlaceholderHead(held)
  const simulation: Simulation = {
    state,
    cork,
    uncork,
    hasPlaceholder,
    replaced: new Map(),
    destruction: undefined,
    corked: held.writableCorked,
    isEditing: false,
  }
  held[simulationKey] = simulation
  held.cork = keepCork
  held.uncork = keepUncork
  if (!hasPlaceholder) replaceProperties(held, simulation, sentProperties)
  Object.defineProperties(held, bodyProperties)
}

/** Makes the response take no more calls, because the handler has ended it. */
export function simulateEnd(response: NodeResponse): void {
  const held = response as HeldResponse
  const simulation = held[simulationKey]
  if (!simulation || simulation.destruction) return
  if (simulation.hasPlaceholder) replaceProperties(held, simulation, endedProperties)
  simulation.destruction = new DelayedDestruction(response)
  if (isHttp2(response)) refuseLateTrailers(response)
}

/**
 * Lets an http2 response that has been handed over take no more trailers from the next turn on. Bare http2 sends them
 * behind the body, in the turn after the handler's `end`, and those that come later are lost. A body that the client
 * takes slowly gives more time, which nobody can know while it is held.
 */
function refuseLateTrailers(response: NodeResponse): void {
  setImmediate(refuseTrailers, response)
}

function refuseTrailers(response: NodeResponse): void {
  Object.assign(response, { addTrailers: ignore, setTrailer: ignore })
}

/** Whether the handler has ended the response, which node may not know yet. */
export function isHandedOver(response: object): boolean {
  const { [simulationKey]: simulation, writableEnded } = response as HeldResponse
  return writableEnded || simulation?.state.isEnded === true
}

/** Makes the response show its real state again. */
export function restoreResponse(response: NodeResponse): void {
  const held = response as HeldResponse
  const simulation = held[simulationKey] as Simulation
  simulation.destruction?.lift()
  // Deleted in the opposite order: V8 then returns the object to its former shape.
  for (const [name, descriptor] of [...simulation.replaced].toReversed()) {
    if (descriptor) Object.defineProperty(held, name, descriptor)
    else Reflect.deleteProperty(held, name)
  }
  for (const name of Object.keys(bodyProperties).toReversed()) Reflect.deleteProperty(held, name)
  if (simulation.hasPlaceholder) held[renderedHeadKey] = null
  Object.assign(held, { cork: simulation.cork, uncork: simulation.uncork })
  held[simulationKey] = undefined
}

/** Lets `edit` change the headers, whether or not the head is held. */
export function editHeaders(response: NodeResponse, edit: () => void): void {
  const held = response as HeldResponse
  const simulation = held[simulationKey]
  if (!simulation) return edit()
  simulation.isEditing = true
  if (simulation.hasPlaceholder) held[renderedHeadKey] = null
  try {
    edit()
  } finally {
    simulation.isEditing = false
    if (simulation.hasPlaceholder) held[renderedHeadKey] = placeholderHead
  }
}

/**
 * Returns whether the placeholder took effect. It does not where a runtime keeps the head elsewhere. Node's own
 * getter is asked, since a framework may have put another in its place.
 */
function setPlaceholderHead(held: HeldResponse): boolean {
  if (!Object.hasOwn(held, renderedHeadKey)) return false
  held[renderedHeadKey] = placeholderHead
  if (Reflect.get(Object.getPrototypeOf(held), 'headersSent', held)) return true
  held[renderedHeadKey] = null
  return false
}

function replaceProperties(
  held: HeldResponse,
  { replaced }: Simulation,
  properties: PropertyDescriptorMap,
): void {
  for (const [name, descriptor] of Object.entries(properties)) {
    if (!(name in held)) continue
    replaced.set(name, Object.getOwnPropertyDescriptor(held, name))
    Object.defineProperty(held, name, descriptor)
  }
}

// How node cuts a chunked body depends on where `cork` and `uncork` stand among the writes.
function keepCork(this: HeldResponse): void {
  keepCorking(this[simulationKey], 1, () => this.cork())
}

function keepUncork(this: HeldResponse): void {
  keepCorking(this[simulationKey], -1, () => this.uncork())
}

function keepCorking(simulation: Simulation | undefined, change: number, repeat: Method): void {
  if (simulation?.state.isEnded !== false) return
  simulation.corked += change
  simulation.state.keep(repeat, [])
}

const bodyProperties: PropertyDescriptorMap = {
  writableNeedDrain: createGetter(({ state }) => state.needsDrain),
  // Node's `end` takes every cork away.
  writableCorked: createGetter(({ state, corked }) => (state.isEnded ? 0 : corked)),
}

/** The methods that change headers, each with the verb of node's error message. */
const headerMethods = {
  setHeader: 'set',
  setHeaders: 'set',
  appendHeader: 'append',
  removeHeader: 'remove',
}

/** The methods that send an interim response. Http2's return whether they did. */
const interimMethods = ['writeInformation', 'writeContinue', 'writeProcessing', 'writeEarlyHints']

const headerProperties: PropertyDescriptorMap = Object.fromEntries(
  Object.entries(headerMethods).map(([name, verb]) => [name, createHeaderMethod(name, verb)]),
)

const interimProperties: PropertyDescriptorMap = Object.fromEntries(
  interimMethods.map((name) => [name, createInterimMethod()]),
)

/** What is replaced when a head is held, where the placeholder has no effect. */
const sentProperties: PropertyDescriptorMap = {
  headersSent: createGetter(({ isEditing }) => !isEditing),
  ...headerProperties,
  ...interimProperties,
}

/** What is replaced when the handler has ended a response with the placeholder. */
const endedProperties: PropertyDescriptorMap = {
  ...headerProperties,
  ...interimProperties,
  // Node sends trailers with the end, which is yet to come.
  addTrailers: { configurable: true, writable: true, value: ignore },
}

function ignore(): void {}

/** A property whose value comes from the simulation of its response. */
function createGetter(read: (simulation: Simulation) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    get(this: HeldResponse) {
      return read(this[simulationKey] as Simulation)
    },
  }
}

/**
 * A method that throws, as node's does after the head, and does nothing after the handler's `end`, unless this
 * library is editing headers.
 */
function createHeaderMethod(name: string, verb: string): PropertyDescriptor {
  return {
    configurable: true,
    writable: true,
    value(this: HeldResponse, ...values: unknown[]) {
      const { state, isEditing, replaced } = this[simulationKey] as Simulation
      if (isEditing) {
        const method = replaced.get(name)?.value ?? Reflect.get(Object.getPrototypeOf(this), name)
        return Reflect.apply(method, this, values)
      }
      if (!state.isEnded) throw createHeadersSentError(this, verb)
      return name === 'removeHeader' || isHttp2(this) ? undefined : this
    },
  }
}

/** A method that does nothing, as http2's do after the head, and as all must after the handler's `end`. */
function createInterimMethod(): PropertyDescriptor {
  return {
    configurable: true,
    writable: true,
    value(this: HeldResponse, ...values: unknown[]) {
      dropCall(values, createHeadersSentError(this, 'write'))
      return isHttp2(this) ? false : undefined
    },
  }
}
