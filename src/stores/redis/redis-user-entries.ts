// The sorted set of a user's sessions. It may name sessions that have ended or changed hands, because whoever
// uses it reads the records; it must not miss one. In a Cluster a login is in the set before its session is written,
// and noted as being under way, so that who finds no record yet leaves it alone.

import type { ScriptRunner } from './redis-connection.ts'
import {
  correctScript,
  findScript,
  pageScript,
  recentScript,
  repairScript,
  unlistGoneScript,
  unlistOthersScript,
  unlistScript,
} from './redis-index-scripts.ts'
import { decodeMember, encodeHandle, encodeKey, startOfSet } from './redis-member.ts'
import type { Member, SetPosition } from './redis-member.ts'
import type { KeyNames } from './redis-options.ts'
import { readTexts } from './redis-replies.ts'
import type { Script } from './redis-script.ts'

/** How many arguments a script gets at most: Lua's stack is limited. */
const batchSize = 1000

/** How many members a search looks at in one script: some milliseconds. */
const searchSize = 5000

/** A member with its score. */
export interface ScoredMember extends Member {
  readonly score: number
}

/** A page of a user's set. */
export interface EntryPage {
  /** In their order. */
  readonly members: readonly ScoredMember[]
  /** All that a login may be about to write, wherever their places are. */
  readonly underWay: readonly Member[]
}

/** The sets of all users. */
export class UserEntries {
  readonly #runner: ScriptRunner
  readonly #names: KeyNames

  constructor(runner: ScriptRunner, names: KeyNames) {
    this.#runner = runner
    this.#names = names
  }

  /** The next members after a position, at most `count`. */
  async readPage(owner: string, { score, text }: SetPosition, count: number): Promise<EntryPage> {
    const keys = [this.#names.user(owner), this.#names.recent(owner)]
    const reply = await this.#runner.run(pageScript, keys, [String(score), text, String(count)])
    const [pairs, underWay] = (reply as readonly unknown[]).map(readTexts)
    const members: ScoredMember[] = []
    for (let index = 0; index < (pairs?.length ?? 0); index += 2)
      members.push({ ...decodeMember(pairs?.[index] ?? ''), score: Number(pairs?.[index + 1]) })
    return { members, underWay: (underWay ?? []).map(decodeMember) }
  }

  /** What the latest logins have written. */
  async readRecent(owner: string): Promise<readonly Member[]> {
    return readTexts(await this.#runner.run(recentScript, [this.#names.recent(owner)], [])).map(decodeMember)
  }

  /** The members of a handle or of a key. Looks through the set without reading a session. */
  async find(owner: string, part: Partial<Pick<Member, 'handle' | 'key'>>): Promise<Member[]> {
    const wanted =
      part.handle === undefined ? ['2', encodeKey(part.key ?? '')] : ['1', encodeHandle(part.handle)]
    const found: string[] = []
    let position: string[] = [String(startOfSet.score), startOfSet.text]
    while (position.length > 0) {
      const parameters = [...position, String(searchSize), ...wanted]
      const reply = await this.#runner.run(findScript, [this.#names.user(owner)], parameters)
      const [matches, ...next] = reply as readonly unknown[]
      found.push(...readTexts(matches))
      position = next.map(String)
    }
    return found.map(decodeMember)
  }

  /**
   * Adds a session that is there, in case the set was evicted or removed by hand. In the background: the
   * verb has succeeded already, and a later touch tries again.
   */
  repair(owner: string, member: string, endsAt: string, now: number): void {
    const parameters = [member, endsAt, String(now)]
    this.#runner.run(repairScript, [this.#names.user(owner)], parameters).catch(() => {})
  }

  /** Gives a member the place of its session, which a write without a confirmation has left behind. */
  async correct(owner: string, { text, score }: ScoredMember, endsAt: number): Promise<void> {
    const keys = [this.#names.user(owner), this.#names.recent(owner)]
    await this.#runner.run(correctScript, keys, [text, String(score), String(endsAt)])
  }

  /** Takes out sessions that were deleted. In the background, too: the set may name them. */
  forget(owner: string, members: readonly string[]): void {
    this.#unlist(unlistScript, owner, members)
  }

  /** Takes out sessions that were not found, unless a login may be about to write them. */
  forgetGone(owner: string, members: readonly string[]): void {
    this.#unlist(unlistGoneScript, owner, members)
  }

  /** Takes out sessions that were another user's, unless a login may have brought them back. */
  forgetOthers(owner: string, members: readonly string[]): void {
    this.#unlist(unlistOthersScript, owner, members)
  }

  #unlist(script: Script, owner: string, members: readonly string[]): void {
    const names = this.#names
    const keys = [names.user(owner), names.recent(owner), names.ending(owner)]
    for (let start = 0; start < members.length; start += batchSize) {
      this.#runner.run(script, keys, members.slice(start, start + batchSize)).catch(() => {})
    }
  }
}
