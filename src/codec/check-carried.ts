// The slow question after a "no" of plain-json.ts: what exactly cannot be carried, and where in the
// value is it. An error that says `cart.items[3].price` saves an hour.

import { deepestValue, hasToJson, isArrayPrototype, isObjectPrototype } from './plain-json.ts'

/** The classes that travel beside plain JSON, by prototype: a subclass would come back as its parent. */
const carried = new Set<object | null>(
  [
    Date,
    Map,
    Set,
    RegExp,
    URL,
    ArrayBuffer,
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((each) => each.prototype as object),
)

/**
 * Refuses what no session can carry, before anything of it is lost.
 *
 * @throws TypeError with the path, at the first function, symbol, class instance and the like.
 */
export function checkCarried(value: unknown, name: string): void {
  check(value, [name], new Set())
}

/** One value; `seen` ends cycles, which devalue carries. */
function check(value: unknown, path: string[], seen: Set<object>): void {
  if (typeof value === 'function' || typeof value === 'symbol') refuse(path, `a ${typeof value}`)
  if (typeof value === 'object' && value !== null && !seen.has(value))
    checkObject(value, path, seen.add(value))
}

/** An object by its prototype, as `instanceof` and `constructor` can both be made to lie. */
function checkObject(value: object, path: string[], seen: Set<object>): void {
  if (path.length > deepestValue) refuse(path, `more than ${deepestValue} levels`)
  const prototype: object | null = Object.getPrototypeOf(value)
  if (Array.isArray(value) && isArrayPrototype(prototype)) return checkArray(value, path, seen)
  if (prototype === null || isObjectPrototype(prototype)) return checkProperties(value, path, seen)
  if (!carried.has(prototype)) refuse(path, `an instance of ${value.constructor?.name || 'a class'}`)
  if (Object.keys(value).length > lengthOf(value)) refuse(path, 'an object with added properties')
  if (ArrayBuffer.isView(value) && !isPrivate(value.buffer))
    refuse(path, 'a view of shared or detached memory')
  if (value instanceof Map || value instanceof Set) {
    for (const [key, each] of value.entries()) {
      check(key, [...path, '(key)'], seen)
      check(each, [...path, '(value)'], seen)
    }
  }
}

/** Memory that is this view's alone to copy: not shared between threads, not handed to another one. */
function isPrivate(buffer: ArrayBufferLike): boolean {
  return buffer instanceof ArrayBuffer && (buffer as { detached?: boolean }).detached !== true
}

/** A typed array has its elements as keys, everything else that travels has none. */
function lengthOf(value: object): number {
  return ArrayBuffer.isView(value) ? (value as Uint8Array).length : 0
}

function checkArray(values: readonly unknown[], path: string[], seen: Set<object>): void {
  if (hasToJson(values)) refuse(path, 'an array with toJSON')
  for (const key of Object.keys(values)) {
    if (!/^\d+$/.test(key)) refuse(path, 'an array with added properties')
    check(values[Number(key)], [...path, `[${key}]`], seen)
  }
}

function checkProperties(value: object, path: string[], seen: Set<object>): void {
  if (Object.getOwnPropertySymbols(value).length > 0) refuse(path, 'a symbol as a key')
  if (hasToJson(value)) refuse(path, 'an object with toJSON')
  for (const [key, each] of Object.entries(value)) {
    if (key === '__proto__') refuse(path, 'the key __proto__')
    check(each, [...path, `.${key}`], seen)
  }
}

/** Ends the walk. The path names properties, never values: those are session data. */
function refuse(path: string[], what: string): never {
  throw new TypeError(`${path.join('')}: a session cannot carry ${what}`)
}
