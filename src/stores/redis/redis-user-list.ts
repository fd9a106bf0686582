// A page of a user's sessions. Each is judged by its own record; the set of the user only says where to look.

import type { ListedRecord, UserIndex } from '../../contract/capabilities.ts'
import { hasExpired } from '../../contract/record.ts'
import { comparePositions, encodeMember, positionAfter } from './redis-member.ts'
import type { SetPosition } from './redis-member.ts'
import { isReadable } from './redis-session-lines.ts'
import type { FoundSession, SessionLines } from './redis-session-lines.ts'
import type { EntryPage, ScoredMember, UserEntries } from './redis-user-entries.ts'

/** How many members are read in one script at most. */
const pageSize = 1000

/** The page that a list asks for. */
type ListPage = Parameters<UserIndex['listByUser']>[1]

/** A live session with its place in the list. */
interface Listed {
  readonly place: SetPosition
  readonly record: ListedRecord
}

/** Lists sessions of users. */
export class UserList {
  readonly #entries: UserEntries
  readonly #lines: SessionLines

  constructor(entries: UserEntries, lines: SessionLines) {
    this.#entries = entries
    this.#lines = lines
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
    const found = await this.#lines.read(owner, [...settled, ...unseen])
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
