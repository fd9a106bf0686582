// What is lifted comes from another library, whose versions differ in what their objects have.

import { createClientError, readOption } from '../../options.ts'

/**
 * Checks that an object of another library has the methods that are called on it.
 *
 * @throws {@link SessionConfigError} naming the first that it lacks.
 */
export function demandMethods(option: string, received: object, methods: readonly string[]): void {
  const missing = readOption(option, () => {
    if (typeof received !== 'object' || received === null) return methods[0]
    const members = received as Readonly<Record<string, unknown>>
    return methods.find((name) => typeof members[name] !== 'function')
  })
  if (missing === undefined) return
  throw createClientError(option, received, `an object with the methods ${methods.join(', ')}`)
}
