/** Deeper than any form or cart; shallow enough that no recursion overflows the stack. */
const deepest = 64

const typedArrays = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  Float32Array, Float64Array, BigInt64Array, BigUint64Array,
]

/** The classes that travel beside plain JSON, by prototype: a subclass would come back as its parent. */
const carried = new Set<object | null>(
  [Date, Map, Set, RegExp, URL, ArrayBuffer, ...typedArrays].map((each) => each.prototype as object),
)

/**
 * Walks a value and tells whether it is plain JSON, which `JSON.stringify` carries as it is, or needs more.
 *
 * @throws TypeError with the path, at the first thing that cannot be carried at all.
 */
export function isPlainJson(value: unknown, name: string): boolean {
  return new Walk([name]).visit(value)
}

class Walk {
  readonly #path: string[]
  readonly #seen = new Set<object>()

  constructor(path: string[]) {
    this.#path = path
  }

  visit(value: unknown): boolean {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return true
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0)
      case 'object':
        return value === null || this.#visitObject(value)
      case 'undefined':
      case 'bigint':
        return false
      default:
        return this.#refuse(`a ${typeof value}`)
    }
  }

  #visitObject(value: object): boolean {
    if (this.#seen.has(value)) return false
    this.#seen.add(value)
    if (this.#path.length > deepest) this.#refuse(`more than ${deepest} levels`)
    if (Array.isArray(value)) return this.#visitArray(value)
    const prototype: object | null = Object.getPrototypeOf(value)
    if (isObjectPrototype(prototype)) return this.#visitEntries(value)
    if (prototype === null) return this.#visitEntries(value) && false
    if (!carried.has(prototype)) return this.#refuse(`an instance of ${value.constructor?.name || 'a class'}`)
    if (!ArrayBuffer.isView(value) && Object.keys(value).length > 0) return this.#refuse('an object with added properties')
    if (value instanceof Map || value instanceof Set) this.#visitMembers(value)
    return false
  }

  #visitMembers(members: Map<unknown, unknown> | Set<unknown>): void {
    for (const [key, value] of members.entries()) {
      this.#step('(key)', key)
      this.#step('(value)', value)
    }
  }

  #visitArray(values: readonly unknown[]): boolean {
    const length = Object.keys(values).length
    if (length > values.length) return this.#refuse('an array with added properties')
    let plain = length === values.length
    for (let index = 0; index < values.length; index += 1) {
      plain = this.#step(index, values[index]) && plain
    }
    return plain
  }

  #visitEntries(value: object): boolean {
    if (Object.getOwnPropertySymbols(value).length > 0) return this.#refuse('a symbol as a key')
    let plain = true
    for (const key of Object.keys(value)) {
      if (key === '__proto__') return this.#refuse('the key __proto__')
      plain = this.#step(key, (value as Record<string, unknown>)[key]) && plain
    }
    return plain
  }

  #step(key: string | number, value: unknown): boolean {
    if (typeof value === 'string') return true
    this.#path.push(typeof key === 'number' ? `[${key}]` : `.${key}`)
    const plain = this.visit(value)
    this.#path.pop()
    return plain
  }

  #refuse(what: string): never {
    throw new TypeError(`${this.#path.join('')}: a session cannot carry ${what}`)
  }
}

/** True for `Object.prototype` of any realm: test runners and `vm` bring their own. */
function isObjectPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype) return true
  return prototype !== null && Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}
