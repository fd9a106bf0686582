// JSON where JSON is enough, which is nearly always, and devalue's notation for the rest: a Date
// comes back as a Date, or `set` throws. Nothing becomes something else in silence, as a Map
// becomes `{}` under plain `JSON.stringify`. docs/decisions/0002 says why devalue. Reading trusts
// nobody: whoever can write to the store must not choose a prototype (CWE-1321) or overflow the
// stack.

import { stringify, unflatten } from 'devalue'
import type { Codec } from './codec.ts'
import { checkCarried } from './check-carried.ts'
import { parseJson } from './parse-json.ts'
import { isPlainJson } from './plain-json.ts'

/** A value that JSON cannot carry travels as `{"~": …}` in devalue's notation. */
const mark = '~'

/**
 * The built-in codec. Plain JSON stays plain JSON; besides that it carries undefined, -0, NaN,
 * Infinity, bigint, Date, Map, Set, URL, RegExp (without `lastIndex`), typed arrays, ArrayBuffer,
 * cycles, repeated references and objects without a prototype. All else throws a `TypeError` with its
 * path: functions, symbols, class instances.
 *
 * @example
 * ```ts
 * import { losslessCodec } from 'coatcheck'
 * const text = losslessCodec.encode({ since: new Date(0) })
 * losslessCodec.decode(text) // { since: 1970-01-01T00:00:00.000Z }, a Date again
 * ```
 */
export const losslessCodec: Codec = {
  encode: (value) => encodeValue(value, 'value'),
  decode: (text) => reviveValue(parseJson(text, refusePrototype)),
}

/** Copied by assignment, such a key would choose a prototype. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new TypeError('a stored value has the key __proto__')
  return value
}

/** The JSON text of a value; `name` is where the path of an error begins. */
export function encodeValue(value: unknown, name: string): string {
  try {
    if (isPlainJson(value) && !looksMarked(value)) return JSON.stringify(value)
    checkCarried(value, name)
    return `{"${mark}":${stringify(value, { View: copyPartialView })}}`
  } catch (error) {
    // A getter that throws, or what only pretends to be a Date.
    throw error instanceof TypeError
      ? error
      : new TypeError(`${name}: a session cannot carry this`, { cause: error })
  }
}

/** The value of parsed JSON: the same object for plain JSON, a new one for all else. */
export function reviveValue(json: unknown): unknown {
  return looksMarked(json)
    ? unflatten((json as { [mark]: number | unknown[] })[mark], { View: (view) => view })
    : json
}

/** A view of part of a buffer travels without the rest of it, which may be anybody's memory. */
function copyPartialView(value: unknown): unknown {
  if (!ArrayBuffer.isView(value) || value.byteLength === value.buffer.byteLength) return undefined
  return (value as Uint8Array).slice()
}

/**
 * Whether a value would be taken for a marked one. The application's own `{ '~': … }` is then marked as
 * well.
 */
function looksMarked(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, mark) &&
    Object.keys(value).length === 1
  )
}
