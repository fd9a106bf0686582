import type { SessionRecord } from '../store.ts'

/** The turns of one key: who is next may start from what the one before has just saved. */
export interface Turns {
  /** The newest record that this process saved under the key while turns were waiting. */
  latest: SessionRecord | undefined
  tail: Promise<unknown>
  waiting: number
}

/**
 * Lets the commits of one key run one after another within this process, so that a hot counter
 * does not fight itself. A key without commits under way takes no memory.
 */
export class KeyQueue {
  readonly #turns = new Map<string, Turns>()

  get size(): number {
    return this.#turns.size
  }

  async run<Result>(key: string, task: (turns: Turns) => Promise<Result>): Promise<Result> {
    const turns = this.#turns.get(key) ?? { latest: undefined, tail: Promise.resolve(), waiting: 0 }
    this.#turns.set(key, turns)
    turns.waiting += 1
    const result = turns.tail.then(() => task(turns))
    turns.tail = result.catch(() => {})
    try {
      return await result
    } finally {
      turns.waiting -= 1
      if (turns.waiting === 0) this.#turns.delete(key)
    }
  }
}
