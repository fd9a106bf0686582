// The thorough check of values that plain-json.ts rejects: whether devalue can encode them, and if
// not, what prevents it and where. An error that names `cart.items[3].price` saves an hour.

import { quoteStep, quoteUnlessPlain } from '../quote.ts'
import { deepestValue, hasToJson, isArrayPrototype, isObjectPrototype } from './plain-json.ts'

/** The supported classes, by prototype: an instance of a subclass would be decoded as one of its parent. */
const serializable = new Set<object | null>(
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
 * Refuses a value that would not be restored exactly as it was.
 *
 * @throws TypeError with the path of the first function, symbol, class instance or the like.
 */
export function checkSerializable(value: unknown, name: string): void {
  check(value, [quoteUnlessPlain(name)], new Set())
}

/** Checks one value. `seen` ends the walk of cycles, which devalue supports. */
function check(value: unknown, path: string[], seen: Set<object>): void {
  if (typeof value === 'function' || typeof value === 'symbol') refuse(path, `a ${typeof value}`)
  if (typeof value === 'object' && value !== null && !seen.has(value))
    checkObject(value, path, seen.add(value))
}

/** Goes by the prototype, because `instanceof` and `constructor` can be forged. */
function checkObject(value: object, path: string[], seen: Set<object>): void {
  if (path.length > deepestValue) refuse(path, `more than ${deepestValue} levels of nesting`)
  const prototype: object | null = Object.getPrototypeOf(value)
  if (Array.isArray(value) && isArrayPrototype(prototype)) return checkArray(value, path, seen)
  if (prototype === null || isObjectPrototype(prototype)) return checkProperties(value, path, seen)
  if (!serializable.has(prototype)) refuse(path, `an instance of ${nameOfClass(value)}`)
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

/** Any object can call its constructor anything. */
function nameOfClass(value: object): string {
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? quoteUnlessPlain(name) : 'a class'
}

/** Whether the memory can be copied: it is not shared between threads and was not transferred to one. */
function isPrivate(buffer: ArrayBufferLike): boolean {
  return buffer instanceof ArrayBuffer && (buffer as { detached?: boolean }).detached !== true
}

/** The number of own keys without added properties: a typed array has one per element, other classes none. */
function lengthOf(value: object): number {
  return ArrayBuffer.isView(value) ? (value as Uint8Array).length : 0
}

function checkArray(values: readonly unknown[], path: string[], seen: Set<object>): void {
  if (hasToJson(values)) refuse(path, 'an array with a toJSON method')
  for (const key of Object.keys(values)) {
    if (!/^\d+$/.test(key)) refuse(path, 'an array with added properties')
    check(values[Number(key)], [...path, `[${key}]`], seen)
  }
}

function checkProperties(value: object, path: string[], seen: Set<object>): void {
  if (Object.getOwnPropertySymbols(value).length > 0) refuse(path, 'a symbol key')
  if (hasToJson(value)) refuse(path, 'an object with a toJSON method')
  for (const [key, each] of Object.entries(value)) {
    if (key === '__proto__') refuse(path, 'the key __proto__')
    check(each, [...path, quoteStep(key)], seen)
  }
}

/** The path names properties but never contains values, which are session data. */
function refuse(path: string[], what: string): never {
  throw new TypeError(`${path.join('')}: ${what} cannot be stored in a session`)
}
