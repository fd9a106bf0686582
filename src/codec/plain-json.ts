// The fast question before any encoding: would JSON carry this value unchanged? Holes, `undefined`,
// `-0`, `toJSON`, repeated references and strange prototypes all make it say no.

/** Deeper than any form or cart; shallow enough that no recursion overflows the stack. */
export const deepestValue = 64

/**
 * Whether `JSON.stringify` carries a value as it is. Runs for every value that is set, so it
 * keeps no path: what is not plain is walked again by `checkCarried`, which does.
 */
export function isPlainJson(value: unknown): boolean {
  return isPlain(value, new Set(), 0)
}

/** One value of any kind; `depth` counts the objects around it. */
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

/** A reference that comes twice is not plain: JSON would make two objects of it, or never end. */
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

/** Indices come before other names: when the last of as many keys as elements is an index, there are neither holes nor more. */
function isPlainArray(value: readonly unknown[]): boolean {
  const keys = Object.keys(value)
  const isDense = keys.length === value.length && (keys.length === 0 || keys.at(-1) === `${value.length - 1}`)
  return isDense && isArrayPrototype(Object.getPrototypeOf(value))
}

/** `JSON.stringify` would store what `toJSON` gives in the value's place, in silence. */
export function hasToJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function'
}

/** True for `Array.prototype` of any realm: it is an array itself, which the prototype of a subclass is not. */
export function isArrayPrototype(prototype: object | null): boolean {
  return prototype === Array.prototype || Array.isArray(prototype)
}

/** True for `Object.prototype` of any realm: test runners and `vm` bring their own. */
export function isObjectPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype) return true
  return (
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf')
  )
}
