/**
 * A function given to `update` or `transaction` is not pure: run twice on the same data, it did
 * not come to the same. Names values and never shows them.
 *
 * @example
 * ```ts
 * assert.throws(() => session.update('code', () => Math.random()), RehearsalError)
 * ```
 */
export class RehearsalError extends Error {
  override readonly name = 'RehearsalError'
  /** The names of the values that came out differently, or that the function changed before it failed. */
  readonly names: readonly string[]

  constructor(what: string, names: readonly string[]) {
    const where = names.length > 0 ? ` (${names.map((name) => `'${name}'`).join(', ')})` : ''
    super(
      `a function given to update or transaction ${what} when it ran again on the same data${where}: ` +
        'it must be pure, because it runs again whenever another request came first',
    )
    this.names = names
  }
}
