// JSON where JSON suffices, which is nearly always, and devalue's notation for the rest. A value is
// restored exactly or `set` throws: nothing is silently converted, as `JSON.stringify` converts a Map
// to `{}`. docs/decisions/0002 explains the choice of devalue. Decoding trusts nothing: anybody who
// can write to the store must not be able to choose a prototype (CWE-1321) or overflow the stack.

import { stringify, unflatten } from 'devalue'
import { quoteUnlessPlain } from '../quote.ts'
import { hasEscapedKey, parseJson } from './parse-json.ts'
import { checkSerializable, deepestText, isPlainJson } from './plain-json.ts'

/** A value that JSON cannot represent is stored as `{"~": …}`, in devalue's notation. */
const mark = '~'

/**
 * Converts one value of the session to text and back. The built-in {@link losslessCodec} lists the
 * types it preserves; to support others, such as the date type of a library, or to encrypt, pass a codec of your own
 * as the `codec` option.
 */
export interface Codec {
  /** Returns the text of a value. Must throw a `TypeError` for a value that it cannot encode. */
  encode(value: unknown): string
  /** Returns the value of a text. May throw anything: the session then counts as unreadable. */
  decode(text: string): unknown
}

/**
 * The built-in codec. Besides plain JSON, which is stored as it is, it supports undefined, -0, NaN,
 * Infinity, bigint, Date, Map, Set, URL, RegExp (without `lastIndex`), typed arrays, ArrayBuffer,
 * cycles, repeated references and objects without a prototype. Anything else, such as a function, a
 * symbol or a class instance, throws a `TypeError` with its path.
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
  decode(text) {
    const json: unknown = mayNamePrototype(text) ? parseJson(text, refusePrototype) : JSON.parse(text)
    checkDepth(json)
    return reviveValue(json)
  },
}

/** The JSON text of a value. `name` is the beginning of the path in errors. */
export function encodeValue(value: unknown, name: string): string {
  try {
    if (isPlainJson(value) && !looksMarked(value)) return JSON.stringify(value)
    checkSerializable(value, name)
    return `{"${mark}":${stringify(value, { View: copyPartialView })}}`
  } catch (error) {
    // A getter threw, or an object only pretends to be a Date.
    throw error instanceof TypeError
      ? error
      : new TypeError(`${quoteUnlessPlain(name)}: this value cannot be stored in a session`, { cause: error })
  }
}

/** The value of parsed JSON: for plain JSON the same object, otherwise a new one. */
export function reviveValue(json: unknown): unknown {
  return looksMarked(json)
    ? unflatten((json as { [mark]: number | unknown[] })[mark], { View: (view) => view })
    : json
}

/** Whether a value looks like devalue's notation. The application's own `{ '~': … }` is encoded for that reason. */
function looksMarked(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, mark) &&
    Object.keys(value).length === 1
  )
}

/** Encodes a view of part of a buffer without the rest, which may hold unrelated data. */
function copyPartialView(value: unknown): unknown {
  if (!ArrayBuffer.isView(value) || value.byteLength === value.buffer.byteLength) return undefined
  return (value as Uint8Array).slice()
}

/** What `JSON.parse` accepts at any depth would overflow the stack of whoever walks it. */
function checkDepth(json: unknown, depth: number = 0): void {
  if (typeof json !== 'object' || json === null) return
  if (depth > deepestText) throw new TypeError('a stored value is nested too deeply')
  for (const each of Array.isArray(json) ? json : Object.values(json)) checkDepth(each, depth + 1)
}

/** Looking at each key takes eight times as long as parsing, and no other text needs it. */
function mayNamePrototype(text: string): boolean {
  return text.includes('__proto__') || hasEscapedKey(text)
}

/** Assigning such a key would set the prototype of an object. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new TypeError('a stored value has the key __proto__')
  return value
}
