// Some stores that were written for express-session call back only when they have found something: express-session
// never asks for what it has just made, so nobody noticed. To such a store silence means "absent"; to any other it
// means trouble, and to take it for an absent session would log its user out.

import { systemClock } from '../../contract/clock.ts'
import { checkWrite } from './basic-functions.ts'
import type { BasicFunctions } from './basic-functions.ts'
import type { LiftedFunctions } from './basic-store.ts'

/**
 * How long a store may be silent before it is tried, in milliseconds. With the trial it fits into a `timeout` of
 * two seconds.
 */
const patience = 500

/** What `get` answers where the store is silent, though it works: nothing, most probably. */
const silence: unique symbol = Symbol('silence')

/**
 * How many keys are remembered, the latest ones: the attempts of one creation, and requests that overlap, lie close
 * together.
 */
const mostKeys = 10_000

/** Asks the store only for what this process does not know, and bears with its silence. */
export function bearSilence(functions: BasicFunctions): LiftedFunctions {
  const known = new KnownKeys()
  const silent = new SilentGet(functions)
  const ask = async (key: string): ReturnType<SilentGet['ask']> =>
    known.hasRow(key) === false ? undefined : silent.ask(key)
  return {
    async get(key) {
      const text = await ask(key)
      return text === silence ? undefined : text
    },
    async getToDelete(key) {
      const text = await ask(key)
      if (text === silence) throw new Error('the store does not say whether it has the session')
      return text
    },
    isTaken: (key) => known.hasRow(key) === true,
    async save(key, ...given) {
      known.forget(key)
      await functions.save(key, ...given)
      known.note(key, true)
    },
    async delete(key) {
      known.forget(key)
      await functions.delete(key)
      known.note(key, false)
    },
  }
}

/** What one process knows of rows without asking: which it has created or removed a moment ago. */
class KnownKeys {
  /** Whether a key has a row; the one learned first is first. */
  readonly #keys = new Map<string, boolean>()

  /** Whether there is a row; `undefined` when it is not known. */
  hasRow(key: string): boolean | undefined {
    return this.#keys.get(key)
  }

  /** Remembers that a row was created or removed. */
  note(key: string, hasRow: boolean): void {
    this.#keys.delete(key)
    this.#keys.set(key, hasRow)
    const [oldest] = this.#keys.keys()
    if (this.#keys.size > mostKeys && oldest !== undefined) this.#keys.delete(oldest)
  }

  /** Forgets a key whose row may or may not be there. */
  forget(key: string): void {
    this.#keys.delete(key)
  }
}

/** Asks a store that may never call back. */
class SilentGet {
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
