// The user index: finds and ends the sessions of a user, whoever wrote them.

import type { UserIndex } from '../../contract/capabilities.ts'
import type { LimitedWrites } from '../../contract/limited-writes.ts'
import { inBatches } from './redis-in-batches.ts'
import type { RecordWriter } from './redis-record-writer.ts'
import type { SessionRecords } from './redis-session-records.ts'
import type { UserEntries } from './redis-user-entries.ts'
import type { UserList } from './redis-user-list.ts'
import type { UserSteps } from './redis-user-steps.ts'

/** What the sessions of a user are found and written with. */
interface UserSessionsParts {
  readonly entries: UserEntries
  readonly list: UserList
  readonly records: SessionRecords
  readonly steps: UserSteps
  readonly writer: RecordWriter
}

/** Creates the user index. */
export function createUserIndex({
  entries,
  list,
  records,
  steps,
  writer,
}: UserSessionsParts): UserIndex & LimitedWrites {
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
