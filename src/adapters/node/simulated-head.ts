// Makes a response whose head is held look as if the head had been sent: `headersSent` is true and
// `setHeader` throws, as in bare node after `writeHead`. Middleware relies on that; error handlers, for
// example, ask `headersSent` whether they may still answer. On node's own http responses setting one
// internal field is enough; elsewhere (http2, other runtimes) each property is replaced.

import { createHeadersSentError } from './node-error.ts'
import type { NodeResponse } from './node-response.ts'

/** What a held response reports about itself. */
export interface HeldState {
  /** The value of `writableEnded` and `finished`. */
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
  /** The former descriptors of replaced properties, or `undefined` where the placeholder is enough. */
  replaced: Map<string, PropertyDescriptor | undefined> | undefined
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
  finished: boolean
}

/** Makes the response look as if its head had been sent. */
export function simulateSentHead(response: NodeResponse, state: HeldState): void {
  const held = response as HeldResponse
  const { cork, uncork } = held
  const simulation: Simulation = { state, cork, uncork, replaced: undefined, isEditing: false }
  held[simulationKey] = simulation
  held.cork = keepCork
  held.uncork = keepUncork
  if (!setPlaceholderHead(held)) {
    const names = Object.keys(simulatedProperties)
    simulation.replaced = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(held, name)]))
    Object.defineProperties(held, simulatedProperties)
  }
  Object.defineProperty(held, 'writableNeedDrain', needDrainGetter)
}

/** Makes the response look as if it had ended, too. */
export function simulateEnd(response: NodeResponse): void {
  const held = response as HeldResponse
  if (held[renderedHeadKey] === placeholderHead) held.finished = true
}

/** Makes the response show its real state again. */
export function restoreResponse(response: NodeResponse): void {
  const held = response as HeldResponse
  const simulation = held[simulationKey] as Simulation
  // Deleted first because it was added last: V8 then returns the object to its former shape.
  Reflect.deleteProperty(held, 'writableNeedDrain')
  for (const [name, descriptor] of simulation.replaced ?? []) {
    if (descriptor) Object.defineProperty(held, name, descriptor)
    else Reflect.deleteProperty(held, name)
  }
  if (!simulation.replaced) {
    held[renderedHeadKey] = null
    held.finished = false
  }
  Object.assign(held, { cork: simulation.cork, uncork: simulation.uncork })
  held[simulationKey] = undefined
}

/** Lets `edit` change the headers, whether or not the head is held. */
export function editHeaders(response: NodeResponse, edit: () => void): void {
  const held = response as HeldResponse
  const simulation = held[simulationKey]
  if (!simulation) return edit()
  simulation.isEditing = true
  if (!simulation.replaced) held[renderedHeadKey] = null
  try {
    edit()
  } finally {
    simulation.isEditing = false
    if (!simulation.replaced) held[renderedHeadKey] = placeholderHead
  }
}

/** Returns whether the placeholder took effect. It does not where a runtime keeps the head elsewhere. */
function setPlaceholderHead(held: HeldResponse): boolean {
  if (!Object.hasOwn(held, renderedHeadKey)) return false
  held[renderedHeadKey] = placeholderHead
  if (held.headersSent) return true
  held[renderedHeadKey] = null
  return false
}

// How node cuts a chunked body depends on where `cork` and `uncork` stand among the writes.
function keepCork(this: HeldResponse): void {
  this[simulationKey]?.state.keep(() => this.cork(), [])
}

function keepUncork(this: HeldResponse): void {
  this[simulationKey]?.state.keep(() => this.uncork(), [])
}

const needDrainGetter = createGetter(({ state }) => state.needsDrain)

/** The methods that change headers, each with the verb of node's error message. */
const headerMethods = {
  setHeader: 'set',
  setHeaders: 'set',
  appendHeader: 'append',
  removeHeader: 'remove',
}

const simulatedProperties: PropertyDescriptorMap = {
  headersSent: createGetter(({ isEditing }) => !isEditing),
  finished: createGetter(({ state }) => state.isEnded),
  writableEnded: createGetter(({ state }) => state.isEnded),
  ...Object.fromEntries(
    Object.entries(headerMethods).map(([name, verb]) => [name, createHeaderMethod(name, verb)]),
  ),
}

/** A property whose value comes from the simulation of its response. */
function createGetter(read: (simulation: Simulation) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    get(this: HeldResponse) {
      return read(this[simulationKey] as Simulation)
    },
  }
}

/** A method that throws, as node's does after the head, unless this library is editing headers. */
function createHeaderMethod(name: string, verb: string): PropertyDescriptor {
  return {
    configurable: true,
    writable: true,
    value(this: HeldResponse, ...values: unknown[]) {
      const simulation = this[simulationKey] as Simulation
      if (!simulation.isEditing) throw createHeadersSentError(this, verb)
      const method = simulation.replaced?.get(name)?.value ?? Reflect.get(Object.getPrototypeOf(this), name)
      return Reflect.apply(method, this, values)
    },
  }
}
