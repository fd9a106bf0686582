// The sorted set of a user's sessions. It may name sessions that have ended or changed hands, because whoever
// uses it reads the records; it must not miss one. Only members without a record are taken out: a key is
// never used again.

import type { ScriptRunner } from './connection.ts'
import { listScript, membersScript, unlistScript } from './index-scripts.ts'
import type { KeyNames } from './key-names.ts'
import { readTexts } from './replies.ts'

/** How many arguments a script gets at most: Lua's stack is limited. */
const batchSize = 1000

/** The sets of all users. */
export class UserEntries {
  readonly #runner: ScriptRunner
  readonly #names: KeyNames

  constructor(runner: ScriptRunner, names: KeyNames) {
    this.#runner = runner
    this.#names = names
  }

  /** The keys of all sessions that the user may have. */
  async findKeys(userId: string): Promise<readonly string[]> {
    return readTexts(await this.#runner.run(membersScript, [this.#names.user(userId)], []))
  }

  /**
   * Adds a session that is there, in case the set was evicted or removed by hand. In the background: the
   * verb has succeeded already, and a later touch tries again.
   */
  repair(userId: string, key: string, endsAt: string, now: number): void {
    const parameters = [key, endsAt, String(now)]
    this.#runner.run(listScript, [this.#names.user(userId)], parameters).catch(() => {})
  }

  /** Removes sessions that are gone, in the background: the set may name them. */
  forget(userId: string, keys: readonly string[]): void {
    for (let start = 0; start < keys.length; start += batchSize) {
      const batch = keys.slice(start, start + batchSize)
      this.#runner.run(unlistScript, [this.#names.user(userId)], batch).catch(() => {})
    }
  }
}
