// The sorted set of a user's sessions. It may name sessions that have ended or changed hands, because whoever
// uses it reads the records; it must not miss one. A member is the key of a session, or of one that a login
// may be about to write: that one is marked, so that a list which finds no record yet leaves it alone.

import type { ScriptRunner } from './connection.ts'
import { listScript, membersScript, unlistScript } from './index-scripts.ts'
import type { KeyNames } from './key-names.ts'
import { readTexts } from './replies.ts'

/** How many arguments a script gets at most: Lua's stack is limited. */
const batchSize = 1000
/** Precedes the key of a reserved place. Keys are hex. */
const mark = '?'

/** What the members of a set say. */
export interface ListedKeys {
  /** All sessions that the user may have. */
  readonly keys: readonly string[]
  /** Those among them that a login may be about to write. */
  readonly reserved: ReadonlySet<string>
}

/** The member that reserves a place for a session. */
export function toReservation(key: string): string {
  return `${mark}${key}`
}

/** What the members of a set say. */
export function readMembers(reply: unknown): ListedKeys {
  const members = readTexts(reply)
  const reserved = new Set(
    members.filter((member) => member.startsWith(mark)).map((member) => member.slice(mark.length)),
  )
  const listed = members.filter((member) => !member.startsWith(mark))
  return { keys: [...new Set([...listed, ...reserved])], reserved }
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
    return readMembers(await this.#runner.run(membersScript, [this.#names.user(userId)], []))
  }

  /**
   * Adds a session that is there, in case the set was evicted or removed by hand. In the background: the
   * verb has succeeded already, and a later touch tries again.
   */
  repair(userId: string, key: string, endsAt: string, now: number): void {
    const parameters = [key, endsAt, String(now)]
    this.#runner.run(listScript, [this.#names.user(userId)], parameters).catch(() => {})
  }

  /** Takes out sessions that were deleted, with what was reserved for them. In the background, too. */
  forgetDeleted(userId: string, keys: readonly string[]): void {
    this.#remove(userId, [...keys, ...keys.map(toReservation)])
  }

  /** Takes out sessions that were listed, not reserved, and are gone. */
  forgetGone(userId: string, keys: readonly string[]): void {
    this.#remove(userId, keys)
  }

  #remove(userId: string, members: readonly string[]): void {
    for (let start = 0; start < members.length; start += batchSize) {
      const batch = members.slice(start, start + batchSize)
      this.#runner.run(unlistScript, [this.#names.user(userId)], batch).catch(() => {})
    }
  }
}
