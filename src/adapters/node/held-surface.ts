import { createHeadersSentError } from './node-error.ts'
import type { LooseResponse } from './loose-response.ts'

/** What a held response answers to questions about itself. */
export interface HeldState {
  readonly ended: boolean
  readonly needsDrain: boolean
  /** Keeps a call for the release. */
  keep(method: Method, values: unknown[]): void
}

/** Any method of a response. */
export type Method = (...values: never[]) => unknown

interface Surface {
  readonly state: HeldState
  readonly covered: ReadonlyMap<string, PropertyDescriptor | undefined>
  readonly methods: Record<string, Method>
  editing: boolean
}

const surfaceKey = Symbol('coatcheck.heldSurface')
type Held = LooseResponse & { [surfaceKey]?: Surface | undefined }

const edits = { setHeader: 'set', setHeaders: 'set', appendHeader: 'append', removeHeader: 'remove' }

const descriptors: PropertyDescriptorMap = {
  headersSent: readAs((surface) => !surface.editing),
  // Node's own header methods, and middleware such as compression before 1.8, look at this field.
  _header: readAs((surface) => (surface.editing ? null : 'held')),
  finished: readAs((surface) => surface.state.ended),
  writableEnded: readAs((surface) => surface.state.ended),
  writableNeedDrain: readAs((surface) => surface.state.needsDrain),
}
for (const [name, verb] of Object.entries(edits)) {
  descriptors[name] = callAs((surface, response, values) => {
    if (!surface.editing) throw createHeadersSentError(response, verb)
    return Reflect.apply(surface.methods[name] as Method, response, values)
  })
}
// How a chunked body is cut depends on where these stand among the writes.
for (const name of ['cork', 'uncork'] as const) {
  descriptors[name] = callAs((surface, response) => surface.state.keep(() => response[name](), []))
}
const names = Object.keys(descriptors)

function readAs(read: (surface: Surface) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    get(this: Held) {
      return read(this[surfaceKey] as Surface)
    },
  }
}

function callAs(call: (surface: Surface, response: Held, values: unknown[]) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    writable: true,
    value(this: Held, ...values: unknown[]) {
      return call(this[surfaceKey] as Surface, this, values)
    },
  }
}

/** Makes the response look as if its head had left. */
export function coverResponse(response: LooseResponse, state: HeldState): void {
  const held: Held = response
  const methods: Record<string, Method> = {}
  for (const name of Object.keys(edits)) methods[name] = Reflect.get(response, name)
  const covered = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(response, name)]))
  held[surfaceKey] = { state, covered, methods, editing: false }
  Object.defineProperties(response, descriptors)
}

/** Makes it look again as it is. */
export function uncoverResponse(response: LooseResponse): void {
  const held: Held = response
  for (const [name, descriptor] of held[surfaceKey]?.covered ?? []) {
    if (descriptor) Object.defineProperty(response, name, descriptor)
    else Reflect.deleteProperty(response, name)
  }
  held[surfaceKey] = undefined
}

/** Lets `edit` change the headers, covered or not. */
export function editHeaders<Result>(response: LooseResponse, edit: () => Result): Result {
  const surface = (response as Held)[surfaceKey]
  if (!surface) return edit()
  surface.editing = true
  try {
    return edit()
  } finally {
    surface.editing = false
  }
}
