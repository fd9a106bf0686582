// The sorted set of a user's sessions. It may name sessions that have ended or changed hands, because whoever
// uses it reads the records; it must not miss one. A member is the key of a session, or of one that a login
// may be about to write: that one is marked, so that a list which finds no record yet leaves it alone.

import type { ScriptRunner } from './connection.ts'
import { listScript, membersScript, unlistScript } from './index-scripts.ts'
import type { KeyNames } from './key-names.ts'
import { readTexts } from './replies.ts'

/** How many arguments a script gets at most: Lua's stack is limited. */
const batchSize = 1000

/** What the members of a set say. */
export interface ListedKeys {
  /** All sessions that the user may have. */
  readonly keys: readonly string[]
  /** Those among them that a login may be about to write. */
  readonly reserved: ReadonlySet<string>
}

/** The sets of all users. */
export class UserEntries {
  readonly #runner: ScriptRunner
  readonly #names: KeyNames

  constructor(runner: ScriptRunner, names: KeyNames) {
    this.#runner = runner
    this.#names = names
  }

  /** The keys of all sessions that the user may have. */
  async findKeys(userId: string): Promise<ListedKeys> {
    const reply = await this.#runner.run(membersScript, [this.#names.user(userId)], [])
    const [listed, reserved] = (reply as readonly unknown[]).map(readTexts)
    return { keys: [...(listed ?? []), ...(reserved ?? [])], reserved: new Set(reserved) }
  }

  /**
   * Adds a session that is there, in case the set was evicted or removed by hand. In the background: the
   * verb has succeeded already, and a later touch tries again.
   */
  repair(userId: string, key: string, endsAt: string, now: number): void {
    const parameters = [key, endsAt, String(now)]
    this.#runner.run(listScript, [this.#names.user(userId)], parameters).catch(() => {})
  }

  /** Takes out sessions that are gone for good. In the background, too: the set may name them. */
  forget(userId: string, keys: readonly string[]): void {
    for (let start = 0; start < keys.length; start += batchSize) {
      const batch = keys.slice(start, start + batchSize)
      this.#runner.run(unlistScript, [this.#names.user(userId)], batch).catch(() => {})
    }
  }
}
