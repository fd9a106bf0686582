// Whether a value survives its encoding. First the fast check: does it survive JSON? It does not if it contains holes,
// `undefined`, `-0`, `toJSON`, repeated references or unusual prototypes. Then such a value is walked once more: can
// devalue encode it, and if not, what prevents it and where? An error that names `cart.items[3].price` saves an hour.

import { quoteStep, quoteUnlessPlain } from '../quote.ts'

/** The most levels of nesting: deeper than any form or cart, but no recursion overflows the stack. */
const deepestValue = 64

/** Twice the depth that `set` allows. A deeper text is not the library's, and could overflow the stack. */
export const deepestText: number = 2 * deepestValue

/**
 * Whether a value survives `JSON.stringify` unchanged. It runs for every value that is set, so it keeps
 * no path: `checkSerializable`, which does, walks values that are not plain a second time.
 */
export function isPlainJson(value: unknown): boolean {
  return isPlain(value, new Set(), 0)
}

/** Checks a value of any type. `depth` is the number of objects around it. */
function isPlain(value: unknown, seen: Set<object>, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      return value === null || isPlainObject(value, seen, depth + 1)
    default:
      return false
  }
}

/** A repeated reference is not plain: JSON would duplicate the object, or fail on a cycle. */
function isPlainObject(value: object, seen: Set<object>, depth: number): boolean {
  const { size } = seen
  if (depth > deepestValue || seen.add(value).size === size || hasToJson(value)) return false
  if (Array.isArray(value)) {
    return isPlainArray(value) && value.every((each) => isPlain(each, seen, depth))
  }
  if (!isObjectPrototype(Object.getPrototypeOf(value)) || Object.getOwnPropertySymbols(value).length > 0)
    return false
  for (const key in value) {
    if (key === '__proto__' || !isPlain((value as Record<string, unknown>)[key], seen, depth)) return false
  }
  return true
}

/**
 * Keys list indices first, so if there are as many keys as elements and the last is the last index, the
 * array has no holes and no extra properties.
 */
function isPlainArray(value: readonly unknown[]): boolean {
  const keys = Object.keys(value)
  const isDense = keys.length === value.length && (keys.length === 0 || keys.at(-1) === `${value.length - 1}`)
  return isDense && isArrayPrototype(Object.getPrototypeOf(value))
}

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
 * The thorough check of a value that is not plain. Refuses one that would not be restored exactly as it was.
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

/** `JSON.stringify` would silently store the result of `toJSON` instead of the value. */
function hasToJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function'
}

/** True for `Array.prototype` of any realm, which is itself an array, unlike the prototype of a subclass. */
function isArrayPrototype(prototype: object | null): boolean {
  return prototype === Array.prototype || Array.isArray(prototype)
}

/** True for `Object.prototype` of any realm: test runners and `vm` have their own. */
function isObjectPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype) return true
  return (
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf')
  )
}
