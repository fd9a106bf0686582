import { quote } from '../quote.ts'

/**
 * A function passed to `update` or `transaction` is not pure: run twice on the same data, it had two
 * different outcomes. The message names the values and never shows them. If the second run threw,
 * `cause` is what it threw.
 *
 * @example
 * ```ts
 * assert.throws(() => session.update('code', () => Math.random()), RehearsalError)
 * ```
 */
export class RehearsalError extends Error {
  override readonly name = 'RehearsalError'
  /** The names of the values that differ, or that the function had changed before it threw. */
  readonly names: readonly string[]

  constructor(what: string, names: readonly string[], options?: ErrorOptions) {
    const where = names.length > 0 ? ` (${names.map((name) => quote(name)).join(', ')})` : ''
    super(
      `a function given to update or transaction ${what} when it ran again on the same data${where}: ` +
        'it must be pure, because it runs again whenever another request came first',
      options,
    )
    this.names = names
  }
}
