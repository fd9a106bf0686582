import assert from 'node:assert/strict'

/** Those that a value from outside could reach. */
const prototypes = [
  Object,
  Array,
  Function,
  String,
  Number,
  Boolean,
  Symbol,
  BigInt,
  Date,
  Map,
  Set,
  RegExp,
  URL,
  Uint8Array,
  ArrayBuffer,
  Promise,
  Error,
].map(({ prototype }) => prototype as object)

/** Notes what hangs on each prototype, and returns what fails when anything of it has changed. */
export function watchPrototypes(): () => void {
  const before = listProperties()
  return () => {
    const after = listProperties()
    const changed = after.findIndex((part, index) => !Object.is(part, before[index]))
    assert.ok(changed === -1 && after.length === before.length, 'a prototype was changed')
  }
}

/** Every own property of every prototype: its name and all that its descriptor says. */
function listProperties(): unknown[] {
  return prototypes.flatMap((prototype) => [
    Object.getPrototypeOf(prototype),
    ...Reflect.ownKeys(prototype).flatMap((key) => {
      const { value, get, set, writable, enumerable, configurable } =
        Reflect.getOwnPropertyDescriptor(prototype, key) ?? {}
      return [key, value, get, set, writable, enumerable, configurable]
    }),
  ])
}
