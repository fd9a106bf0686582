// Writing a session and listing it for its user must look like one step. How, depends on where the two are:
// in one place a script does both, across the slots of a Cluster it takes a reservation.

import type { ExpectedVersion, RecordChange, SessionRecord } from '../../store.ts'
import { skewMargin, expiryOf } from '../../record.ts'
import { encodeCommitId, encodeRecord, encodeState } from './record-text.ts'

/** What differs between one place and many slots. */
export interface RecordWriter {
  /** The verb `create`. */
  create(record: SessionRecord, now: number): Promise<boolean>
  /** The verb `commit`. */
  commit(key: string, expected: ExpectedVersion, change: RecordChange, now: number): Promise<boolean>
  /**
   * The keys of all sessions that a user may have. A login that is not among them has either not begun, or
   * will not be answered with success.
   */
  beginRevocation(userId: string): Promise<readonly string[]>
}

/** The text of a new record and how long Redis keeps it: what each script for `create` begins with. */
export function toCreateParameters(record: SessionRecord, now: number): string[] {
  checkData(record.data)
  return [encodeRecord(record), String(Math.max(expiryOf(record) - now, 0) + skewMargin)]
}

/** What each script for `commit` begins with. */
export function toCommitParameters(expected: ExpectedVersion, change: RecordChange, now: number): string[] {
  checkData(change.data)
  return [
    String(now),
    String(expected.version),
    encodeCommitId(expected.commitId),
    String(change.version),
    encodeCommitId(change.commitIds[0]),
    String(change.lastSeenAt),
    String(change.idleTimeout),
    String(change.endsAt),
    encodeState(change),
    change.data,
  ]
}

/** The user of a record or a change: its own, not that of a polluted prototype. */
export function readUser(source: SessionRecord | RecordChange): string | undefined {
  return Object.hasOwn(source, 'userId') ? source.userId : undefined
}

/** Drivers send UTF-8, which has no half of a surrogate pair and would silently get something else instead. */
function checkData(data: string): void {
  if (!data.isWellFormed()) throw new TypeError('the data of a session contains half of a surrogate pair')
}
