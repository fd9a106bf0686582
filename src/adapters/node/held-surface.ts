// What a held response looks like from outside: `headersSent` is true, `setHeader` throws, as in
// bare node after `writeHead`. Middleware relies on it, such as error handlers that ask whether
// they may still answer. For node's own responses one field does it, for others each property is
// covered by itself.

import type { LooseResponse } from './loose-response.ts'
import { createHeadersSentError } from './node-error.ts'

/** What a held response answers to questions about itself. */
export interface HeldState {
  /** What `writableEnded` and `finished` show. */
  readonly ended: boolean
  /** What `writableNeedDrain` shows. */
  readonly needsDrain: boolean
  /** Keeps a call for the release. */
  keep(method: Method, values: unknown[]): void
}

/** Any method of a response. */
export type Method = (...values: never[]) => unknown

interface Surface {
  readonly state: HeldState
  readonly cork: Method
  readonly uncork: Method
  /** What had to be covered because the runtime has no field that says whether the head has left. */
  covered: Map<string, PropertyDescriptor | undefined> | undefined
  editing: boolean
}

const surfaceKey = Symbol('coatcheck.heldSurface')
// A head that node has rendered, in a field of its own that middleware reads as well.
const headKey = '_header'
interface Held extends LooseResponse {
  [surfaceKey]: Surface | undefined
  [headKey]?: string | null
  finished: boolean
}

// With this in it, node's own methods refuse what they refuse after a head. It is a true head, so that a
// write that goes around us shows the client an error.
const mark = 'HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\n'

const edits = { setHeader: 'set', setHeaders: 'set', appendHeader: 'append', removeHeader: 'remove' }
const needDrain = readAs(({ state }) => state.needsDrain)
const cover: PropertyDescriptorMap = {
  headersSent: readAs(({ editing }) => !editing),
  finished: readAs(({ state }) => state.ended),
  writableEnded: readAs(({ state }) => state.ended),
}
for (const [name, verb] of Object.entries(edits)) {
  cover[name] = {
    configurable: true,
    writable: true,
    value(this: Held, ...values: unknown[]) {
      const surface = this[surfaceKey] as Surface
      if (!surface.editing) throw createHeadersSentError(this, verb)
      const method = surface.covered?.get(name)?.value ?? Reflect.get(Object.getPrototypeOf(this), name)
      return Reflect.apply(method, this, values)
    },
  }
}

/** A property that asks the surface of its response. */
function readAs(read: (surface: Surface) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    get(this: Held) {
      return read(this[surfaceKey] as Surface)
    },
  }
}

// How a chunked body is cut depends on where these two stand among the writes.
function keepCork(this: Held): void {
  this[surfaceKey]?.state.keep(() => this.cork(), [])
}

function keepUncork(this: Held): void {
  this[surfaceKey]?.state.keep(() => this.uncork(), [])
}

/** Makes the response look as if its head had left. */
export function coverResponse(response: LooseResponse, state: HeldState): void {
  const held = response as Held
  const { cork, uncork } = held
  const surface: Surface = { state, cork, uncork, covered: undefined, editing: false }
  held[surfaceKey] = surface
  held.cork = keepCork
  held.uncork = keepUncork
  if (!setMark(held)) {
    const names = Object.keys(cover)
    surface.covered = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(held, name)]))
    Object.defineProperties(held, cover)
  }
  Object.defineProperty(held, 'writableNeedDrain', needDrain)
}

/** Makes it look as if it had ended, too. */
export function coverEnd(response: LooseResponse): void {
  const held = response as Held
  if (held[headKey] === mark) held.finished = true
}

/** Makes it look again as it is. */
export function uncoverResponse(response: LooseResponse): void {
  const held = response as Held
  const surface = held[surfaceKey] as Surface
  // The last one added: V8 then takes the object back to its shape.
  Reflect.deleteProperty(held, 'writableNeedDrain')
  for (const [name, descriptor] of surface.covered ?? []) {
    if (descriptor) Object.defineProperty(held, name, descriptor)
    else Reflect.deleteProperty(held, name)
  }
  if (!surface.covered) {
    held[headKey] = null
    held.finished = false
  }
  Object.assign(held, { cork: surface.cork, uncork: surface.uncork })
  held[surfaceKey] = undefined
}

/** Lets `edit` change the headers, covered or not. */
export function editHeaders(response: LooseResponse, edit: () => void): void {
  const held = response as Held
  const surface = held[surfaceKey]
  if (!surface) return edit()
  surface.editing = true
  if (!surface.covered) held[headKey] = null
  try {
    edit()
  } finally {
    surface.editing = false
    if (!surface.covered) held[headKey] = mark
  }
}

/** Puts the mark where node keeps a rendered head. Whether that worked: a runtime may keep it elsewhere. */
function setMark(held: Held): boolean {
  if (!Object.hasOwn(held, headKey)) return false
  held[headKey] = mark
  if (held.headersSent) return true
  held[headKey] = null
  return false
}
