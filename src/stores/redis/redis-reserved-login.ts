// The steps of a login in a Cluster: reserve, write, confirm, and end the sessions beyond the limit. Whatever happens
// in between, what is answered with success is listed and was not revoked.

import type { ListedRecord } from '../../contract/capabilities.ts'
import { SessionConflictError, SessionError } from '../../contract/errors.ts'
import type { LimitedWrite } from '../../contract/limited-writes.ts'
import { hasExpired, mostEvictions } from '../../contract/record.ts'
import type { ScriptRunner } from './redis-connection.ts'
import { reserveScript, settleScript } from './redis-index-scripts.ts'
import { decodeMember, encodeKey, startOfSet } from './redis-member.ts'
import type { Member, SetPosition } from './redis-member.ts'
import type { KeyNames } from './redis-options.ts'
import { outcome } from './redis-record-scripts.ts'
import { encodeWord } from './redis-record-text.ts'
import { notWritten } from './redis-record-writer.ts'
import { readOutcome, readParts, readTexts } from './redis-replies.ts'
import { inBatches } from './redis-script.ts'
import type { Script } from './redis-script.ts'
import { isReadable } from './redis-session-records.ts'
import type { FoundSession, SessionRecords } from './redis-session-records.ts'
import type { EntryPage, UserEntries } from './redis-user-entries.ts'

/** How many sessions are looked at together: those that end are the longest unused of so many at least. */
const pageSize = 1000

/** What a login is written with. */
export interface LoginParts {
  readonly runner: ScriptRunner
  readonly names: KeyNames
  readonly entries: UserEntries
  readonly records: SessionRecords
}

/** A session's place in the set of its user. */
interface Place {
  readonly owner: string
  readonly key: string
  readonly member: string
  readonly endsAt: number
  readonly now: number
  /** How many sessions the user may have with this one; `undefined` for any number. */
  readonly limit: number | undefined
  /** Whether the session was the user's before. */
  readonly isHeld: boolean
}

/** How a session is written. */
interface Write {
  /** Writes it, and tells whether that happened. */
  send(): Promise<boolean>
  /** Whether sending it again is harmless. */
  readonly isRepeatable: boolean
  /** Whether it is stored. */
  wasWritten(): Promise<boolean>
}

/** What is to be done after a confirmation. */
interface Confirmation {
  /** The sessions that have to end for it. */
  readonly ended: readonly string[]
  /** Those that an earlier login should have ended. */
  readonly left: readonly string[]
}

/** Writes sessions that are to be listed elsewhere. */
export class ReservedLogin {
  readonly #parts: LoginParts

  constructor(parts: LoginParts) {
    this.#parts = parts
  }

  /**
   * Writes a session with a place in the set of its user. Tells whether that happened, and what it has ended.
   *
   * @throws {@link SessionConflictError} when the session may have been written and must not be used.
   */
  async write(place: Place, write: Write): Promise<LimitedWrite> {
    const epoch = String(await this.#runIndex(reserveScript, place, []))
    const isWritten = await writeSurely(write)
    // Drivers send again by themselves as well, and then report the second answer.
    if (!isWritten && !(await findOut(() => write.wasWritten()))) return notWritten
    const { ended, left } = await this.#confirm(place, epoch)
    const evicted = await this.#end(place, ended)
    await this.#end(place, left)
    return isWritten ? { isWritten, evicted } : notWritten
  }

  async #confirm(place: Place, epoch: string): Promise<Confirmation> {
    let confirmation: Confirmation | undefined
    try {
      confirmation = await this.#settle(place, epoch)
    } catch (cause) {
      // Who had the session before keeps it: nothing about it is new but its end.
      if (place.isHeld) throw cause
      await this.#undo(place)
      throw createUnknownError(cause)
    }
    if (confirmation !== undefined) return confirmation
    await this.#undo(place)
    throw new SessionConflictError(
      'revoked',
      'the sessions of the user were revoked during the login, or a later login has taken its place',
    )
  }

  /** Confirms the login, with a look at the user's other sessions if there may be too many. */
  async #settle(place: Place, epoch: string): Promise<Confirmation | undefined> {
    const { key, limit } = place
    const parameters = [epoch, encodeWord(encodeKey(key)), limit === undefined ? '' : String(limit)]
    let reply = readParts(await this.#runIndex(settleScript, place, parameters))
    if (readOutcome(reply[0]) === outcome.needsReservation) {
      const known = await this.#lookAround(place, limit ?? 0)
      reply = readParts(await this.#runIndex(settleScript, place, [...parameters, '1', ...known]))
    }
    if (readOutcome(reply[0]) !== outcome.written) return undefined
    return { ended: readTexts(reply[1]), left: readTexts(reply[2]) }
  }

  /**
   * What the user's other sessions are, each with its member. Of very many it reads only as many as it needs to
   * end as many as it may, beginning with those that end first.
   */
  async #lookAround({ owner, member, now }: Place, limit: number): Promise<string[]> {
    const { entries, records } = this.#parts
    const known: string[] = []
    let [living, position]: [number, SetPosition | undefined] = [0, startOfSet]
    while (position !== undefined && living < limit + mostEvictions - 1) {
      const { members: page, underWay }: EntryPage = await entries.readPage(owner, position, pageSize)
      const isUnderWay = new Set(underWay.map(({ text }) => text))
      const others = page.filter(({ text }) => text !== member)
      const found = await records.readLines(owner, others)
      for (const [index, other] of others.entries()) {
        const seen = describe(found[index], isUnderWay.has(other.text), now)
        if (/^\d/.test(seen)) living += 1
        known.push(other.text, seen)
      }
      position = page.length < pageSize ? undefined : page.at(-1)
    }
    return known
  }

  /** Deletes sessions that are still the user's. Answers the handles of those that were live. */
  async #end({ owner, now }: Place, members: readonly string[]): Promise<readonly string[]> {
    const { entries, records } = this.#parts
    const sessions: readonly Member[] = members.map(decodeMember)
    const deletions = await inBatches(sessions, (session) => records.deleteMember(owner, session, now))
    entries.forget(
      owner,
      members.filter((_, index) => deletions[index] !== undefined),
    )
    entries.forgetOthers(
      owner,
      members.filter((_, index) => deletions[index] === undefined),
    )
    return sessions.filter((_, index) => deletions[index]?.wasLive).map(({ handle }) => handle)
  }

  /** Deletes the session, unless it has changed hands. If that fails it ends unused: nobody has its token. */
  async #undo(place: Place): Promise<void> {
    try {
      await this.#end(place, [place.member])
    } catch {
      // The login fails in any case, and its error says more.
    }
  }

  #runIndex(
    script: Script,
    { owner, member, endsAt, now }: Place,
    more: readonly string[],
  ): Promise<unknown> {
    const { runner, names } = this.#parts
    const keys = [names.user(owner), names.epoch(owner), names.recent(owner), names.ending(owner)]
    return runner.run(script, keys, [member, String(endsAt), String(now), ...more])
  }
}

/** What a confirmation has to know of another session. One that is not there yet is not gone. */
function describe(found: FoundSession | undefined, isUnderWay: boolean, now: number): string {
  if (found?.kind !== 'theirs') return found?.kind === 'gone' && !isUnderWay ? 'gone' : 'other'
  return isLive(found.record, now) ? String(found.record.lastSeenAt) : 'ended'
}

function isLive(record: ListedRecord, now: number): boolean {
  return isReadable(record) && !hasExpired(record, now)
}

/**
 * Finds out by itself whether a write was applied whose answer was lost. The manager could do that as well,
 * but would then hand out the token of a session that nobody has confirmed.
 */
async function writeSurely(write: Write): Promise<boolean> {
  try {
    return await write.send()
  } catch (error) {
    if (error instanceof SessionError) throw error
  }
  return findOut(async () => {
    if (write.isRepeatable && (await write.send())) return true
    const wasWritten = await write.wasWritten()
    if (!wasWritten && !write.isRepeatable) throw new Error('the session is not there, and may still arrive')
    return wasWritten
  })
}

/** Asks the store once more, and gives up if it fails again. */
async function findOut(ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask()
  } catch (cause) {
    throw createUnknownError(cause)
  }
}

function createUnknownError(cause: unknown): SessionConflictError {
  return new SessionConflictError(
    'outcome-unknown',
    'the store did not say whether the login was saved, so its session was not handed out',
    { cause },
  )
}
