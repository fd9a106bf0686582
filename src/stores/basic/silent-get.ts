// Some stores that were written for express-session call back only when they have found something: express-session
// never asks for what it has just made, so nobody noticed. To such a store silence means "absent"; to any other it
// means trouble, and to take it for an absent session would log its user out.

import { systemClock } from '../../contract/clock.ts'
import type { BasicFunctions } from './basic-store.ts'
import { checkWrite } from './check-write.ts'

/** How long a store may be silent before it is tried, in milliseconds. With the trial it fits into a `timeout` of two seconds. */
const patience = 500

/** What `get` answers where the store is silent, though it works: nothing, most probably. */
export const silence: unique symbol = Symbol('silence')

/** Asks a store that may never call back. */
export class SilentGet {
  readonly #functions: BasicFunctions
  /** It has said of a row that there is none, or has answered late. From then on its silence is a failure. */
  #isOutspoken = false

  constructor(functions: BasicFunctions) {
    this.#functions = functions
  }

  /**
   * The text of a key; {@link silence} when the store has never said that a row is absent, is silent about this one,
   * and meanwhile saves, returns and removes another. Never settles while a store is silent altogether.
   */
  async ask(key: string): Promise<string | null | undefined | typeof silence> {
    let isGivenUp = false
    const answer = (async () => {
      const text = await this.#functions.get(key)
      if (isGivenUp || text === null || text === undefined) this.#isOutspoken = true
      return text
    })()
    const { promise, resolve } = Promise.withResolvers<typeof silence>()
    const giveUp = (): void => {
      if (this.#isOutspoken) return
      isGivenUp = true
      resolve(silence)
    }
    const cancel = systemClock.schedule(patience, () => {
      if (!this.#isOutspoken) checkWrite(this.#functions).then(giveUp, () => {})
    })
    try {
      return await Promise.race([answer, promise])
    } finally {
      cancel()
    }
  }
}
