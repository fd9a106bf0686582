// The fast check before any encoding: does a value survive JSON unchanged? It does not if it contains
// holes, `undefined`, `-0`, `toJSON`, repeated references or unusual prototypes.

/** The most levels of nesting: deeper than any form or cart, but no recursion overflows the stack. */
export const deepestValue = 64

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

/** `JSON.stringify` would silently store the result of `toJSON` instead of the value. */
export function hasToJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function'
}

/** True for `Array.prototype` of any realm, which is itself an array, unlike the prototype of a subclass. */
export function isArrayPrototype(prototype: object | null): boolean {
  return prototype === Array.prototype || Array.isArray(prototype)
}

/** True for `Object.prototype` of any realm: test runners and `vm` have their own. */
export function isObjectPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype) return true
  return (
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf')
  )
}
