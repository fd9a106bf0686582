// What a fault elsewhere in the process may do: put properties on the prototype of all objects (CWE-1321).

/** Resolves as `act` does, while every object inherits these properties. */
export async function withPlanted<Result>(
  properties: Readonly<Record<string, unknown>>,
  act: () => Promise<Result>,
): Promise<Result> {
  const prototype: object = Object.prototype
  for (const [name, value] of Object.entries(properties))
    Reflect.defineProperty(prototype, name, { value, configurable: true, writable: true })
  try {
    return await act()
  } finally {
    for (const name of Object.keys(properties)) Reflect.deleteProperty(prototype, name)
  }
}
