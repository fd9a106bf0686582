// `logout(); login()` in one request deletes one row and makes another. A request that the same browser sent
// just before, with the old cookie, must not replace the new one: this process remembers for a minute which
// sessions ended that way. What ended in another process is not known here.

import type { Clock } from '../contract/clock.ts'
import { answerTime } from '../contract/record.ts'

/** How many keys are remembered at most. */
const mostKeys = 10_000

/** Keys of sessions that ended a moment ago and were replaced by another. */
export class EndedKeys {
  readonly #clock: Clock
  /** When each ended, oldest first. */
  readonly #endedAt = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Remembers a key for a minute. */
  add(key: string): void {
    const now = this.#clock.now()
    this.#endedAt.set(key, now)
    for (const [oldest, at] of this.#endedAt) {
      if (now - at < answerTime && this.#endedAt.size <= mostKeys) break
      this.#endedAt.delete(oldest)
    }
  }

  /** Forgets a key: nothing has taken the place of its session. */
  delete(key: string): void {
    this.#endedAt.delete(key)
  }

  /** Whether the session of a key ended less than a minute ago. */
  has(key: string): boolean {
    const at = this.#endedAt.get(key)
    return at !== undefined && this.#clock.now() - at < answerTime
  }
}
