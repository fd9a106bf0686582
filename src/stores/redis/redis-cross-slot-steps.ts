// In a Cluster each session of a user is in a slot of its own, so that a step is a page of their set and a script for
// each session.

import type { EndedSessions } from '../../contract/capabilities.ts'
import { hasExpired } from '../../contract/record.ts'
import { createOptionError } from '../../options.ts'
import type { ScriptRunner } from './redis-connection.ts'
import { revokeScript } from './redis-index-scripts.ts'
import { encodeKey, startOfSet } from './redis-member.ts'
import type { Member, SetPosition } from './redis-member.ts'
import type { KeyNames } from './redis-options.ts'
import { encodeWord } from './redis-record-text.ts'
import { inBatches } from './redis-script.ts'
import { isReadable } from './redis-session-records.ts'
import type { SessionRecords } from './redis-session-records.ts'
import type { EntryPage, ScoredMember, UserEntries } from './redis-user-entries.ts'
import type { UserSteps } from './redis-user-steps.ts'

/** How many sessions a step looks at. */
const stepSize = 1000

/** What the steps are made with. */
interface StepParts {
  readonly runner: ScriptRunner
  readonly names: KeyNames
  readonly entries: UserEntries
  readonly records: SessionRecords
}

/** Counts and deletes page by page. */
export class CrossSlotSteps implements UserSteps {
  readonly #parts: StepParts

  constructor(parts: StepParts) {
    this.#parts = parts
  }

  /** See {@link UserSteps}. */
  async countByUser(owner: string, now: number): Promise<number> {
    const { entries, records } = this.#parts
    const live = new Set<string>()
    let position: SetPosition | undefined = startOfSet
    while (position !== undefined) {
      const { members }: EntryPage = await entries.readPage(owner, position, stepSize)
      const found = await records.readLines(owner, members)
      entries.forgetGone(owner, namesOf(members.filter((_, index) => found[index]?.kind === 'gone')))
      for (const session of found) {
        if (session.kind === 'theirs' && isReadable(session.record) && !hasExpired(session.record, now))
          live.add(session.record.key)
      }
      const last: ScoredMember | undefined = members.at(-1)
      position = members.length < stepSize ? undefined : last
    }
    return live.size
  }

  /**
   * See {@link UserSteps}. The last of several steps also deletes what logins have written within the last minute:
   * a session that moved to an earlier end meanwhile has slipped through behind the cursor.
   */
  async deleteStep(
    owner: string,
    { except, cursor }: { readonly except?: string | undefined; readonly cursor?: string | undefined },
    now: number,
  ): Promise<EndedSessions> {
    const { entries, records } = this.#parts
    if (cursor === undefined) await this.#raiseEpoch(owner, except)
    const { members, underWay } = await entries.readPage(owner, parseCursor(cursor), stepSize)
    const isLast = members.length < stepSize
    const recent = isLast && cursor !== undefined ? await entries.readRecent(owner) : []
    const all = new Map([...members, ...underWay, ...recent].map((member) => [member.key, member]))
    if (except !== undefined) all.delete(except)
    const step: readonly Member[] = [...all.values()]
    const deletions = await inBatches(step, (member) => records.deleteMember(owner, member, now))
    entries.forget(owner, namesOf(step.filter((_, index) => deletions[index] !== undefined)))
    entries.forgetOthers(owner, namesOf(step.filter((_, index) => deletions[index] === undefined)))
    const handles = step.filter((_, index) => deletions[index]?.wasLive).map(({ handle }) => handle)
    const last = members.at(-1)
    if (last === undefined || isLast) return { handles }
    return { handles, cursor: JSON.stringify([last.score, last.text]) }
  }

  async #raiseEpoch(owner: string, except: string | undefined): Promise<void> {
    const { runner, names } = this.#parts
    const spared = except === undefined ? [] : [encodeWord(encodeKey(except))]
    await runner.run(revokeScript, [names.user(owner), names.epoch(owner)], spared)
  }
}

/**
 * Reads a cursor.
 *
 * @throws {@link SessionConfigError} for one that does not come from a step.
 */
function parseCursor(cursor: string | undefined): SetPosition {
  if (cursor === undefined) return startOfSet
  try {
    const [score, text]: unknown[] = JSON.parse(cursor)
    if (typeof score === 'number' && typeof text === 'string') return { score, text }
  } catch {
    // Not JSON: refused like any other.
  }
  throw createOptionError('deleteByUser.cursor', undefined, 'the cursor of the previous step')
}

function namesOf(members: readonly Member[]): string[] {
  return members.map(({ text }) => text)
}
