// The user index: lists, finds and ends the sessions of a user, whoever wrote them.

import type { ListedRecord, UserIndex } from '../../contract/capabilities.ts'
import type { LimitedWrites } from '../../contract/limited-writes.ts'
import { hasExpired } from '../../contract/record.ts'
import { comparePositions, encodeMember, positionAfter } from './redis-member.ts'
import type { SetPosition } from './redis-member.ts'
import type { RecordWriter } from './redis-record-writer.ts'
import { inBatches } from './redis-script.ts'
import { isReadable } from './redis-session-records.ts'
import type { FoundSession, SessionRecords } from './redis-session-records.ts'
import type { EntryPage, ScoredMember, UserEntries } from './redis-user-entries.ts'
import type { UserSteps } from './redis-user-steps.ts'

/** How many members are read in one script at most. */
const pageSize = 1000

/** The page that a list asks for. */
type ListPage = Parameters<UserIndex['listByUser']>[1]

/** A live session with its place in the list. */
interface Listed {
  readonly place: SetPosition
  readonly record: ListedRecord
}

/** What the sessions of a user are found and written with. */
interface UserSessionsParts {
  readonly entries: UserEntries
  readonly records: SessionRecords
  readonly steps: UserSteps
  readonly writer: RecordWriter
}

/** Creates the user index. */
export function createUserIndex({
  entries,
  records,
  steps,
  writer,
}: UserSessionsParts): UserIndex & LimitedWrites {
  const list = new UserList(entries, records)
  return {
    listByUser: (owner, page, now) => list.list(owner, page, now),
    countByUser: (owner, now) => steps.countByUser(owner, now),
    async deleteByHandle(owner, handle, now) {
      const members = await entries.find(owner, { handle })
      const deletions = await inBatches(members, (member) => records.deleteMember(owner, member, now))
      const deleted = members.filter((_, index) => deletions[index] !== undefined)
      entries.forget(
        owner,
        deleted.map(({ text }) => text),
      )
      return deletions.some((deletion) => deletion?.wasLive)
    },
    deleteByUser: (owner, step, now) => steps.deleteStep(owner, step, now),
    createWithin: (record, limit, now) => writer.create(record, toFinite(limit), now),
    commitWithin: (key, expected, change, limit, now) =>
      writer.commit(key, expected, change, toFinite(limit), now),
  }
}

/** No limit, if there is none to count to. */
function toFinite(limit: number): number | undefined {
  return Number.isFinite(limit) ? limit : undefined
}

/** Lists sessions of users. Each is judged by its own record; the set of the user only says where to look. */
class UserList {
  readonly #entries: UserEntries
  readonly #records: SessionRecords

  constructor(entries: UserEntries, records: SessionRecords) {
    this.#entries = entries
    this.#records = records
  }

  /** See {@link UserIndex}. */
  async list(owner: string, { limit, after }: ListPage, now: number): Promise<readonly ListedRecord[]> {
    const start = positionAfter(after)
    const found = new Map<string, Listed>()
    const seen = new Set<string>()
    let position: SetPosition | undefined = start
    while (position !== undefined && countUpTo(found, position) < limit) {
      const count = Math.min(limit, pageSize)
      const page: EntryPage = await this.#entries.readPage(owner, position, count)
      for (const listed of await this.#readPage(owner, page, seen, now))
        if (comparePositions(listed.place, start) > 0) found.set(listed.record.key, listed)
      const last: ScoredMember | undefined = page.members.at(-1)
      position = page.members.length < count ? undefined : last
    }
    return [...found.values()]
      .filter(({ place }) => position === undefined || comparePositions(place, position) <= 0)
      .toSorted((one, other) => comparePositions(one.place, other.place))
      .slice(0, limit)
      .map(({ record }) => record)
  }

  /** The live sessions among some members and among those with a login under way that were not seen before. */
  async #readPage(
    owner: string,
    { members, underWay }: EntryPage,
    seen: Set<string>,
    now: number,
  ): Promise<readonly Listed[]> {
    const isUnderWay = new Set(underWay.map(({ text }) => text))
    const settled = members.filter(({ text }) => !isUnderWay.has(text))
    const unseen = underWay.filter(({ text }) => !seen.has(text))
    for (const { text } of unseen) seen.add(text)
    const found = await this.#records.readLines(owner, [...settled, ...unseen])
    const namesOf = (kind: FoundSession['kind']): string[] =>
      settled.filter((_, index) => found[index]?.kind === kind).map(({ text }) => text)
    this.#entries.forgetGone(owner, namesOf('gone'))
    this.#entries.forgetOthers(owner, namesOf('other'))
    await Promise.all(settled.map((member, index) => this.#correct(owner, member, found[index])))
    return found.flatMap((session): Listed[] => {
      if (session.kind !== 'theirs') return []
      const { record } = session
      if (isReadable(record) && hasExpired(record, now)) return []
      return [{ record, place: { score: record.endsAt, text: encodeMember(record.handle, record.key) } }]
    })
  }

  /** Puts an entry in its place, if a login that was cut off has left it elsewhere. */
  async #correct(owner: string, member: ScoredMember, found: FoundSession | undefined): Promise<void> {
    if (found?.kind !== 'theirs' || found.record.endsAt === member.score) return
    await this.#entries.correct(owner, member, found.record.endsAt)
  }
}

/** How many of the sessions have their place before the end of what was read. */
function countUpTo(found: ReadonlyMap<string, Listed>, position: SetPosition): number {
  let count = 0
  for (const { place } of found.values()) if (comparePositions(place, position) <= 0) count += 1
  return count
}
