type Look = (given: unknown[], self: object) => void

/** Lets a look be had at what a method is called with, before the call. The method itself stays as it was. */
export function before(target: object, name: PropertyKey, look: Look): void {
  const method: unknown = Reflect.get(target, name)
  if (typeof method !== 'function') throw new Error(`the watch for secrets finds no ${String(name)}`)
  const value = new Proxy(method, {
    apply(real, self: object, given: unknown[]) {
      look(given, self)
      return Reflect.apply(real, self, given)
    },
  })
  Object.defineProperty(target, name, { value, writable: true, configurable: true })
}
