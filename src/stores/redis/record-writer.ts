// Writing a session and listing it for its user must look like one step. How, depends on where the two are:
// in one place a script does both, across the slots of a Cluster it takes a reservation.

import type { LimitedWrite } from '../../limited-writes.ts'
import type { ExpectedVersion, RecordChange, SessionRecord } from '../../store.ts'
import { skewMargin, expiryOf } from '../../record.ts'
import { encodeRecord, encodeState, encodeWord, readOwner } from './record-text.ts'

/** What differs between one place and many slots. A limit of `undefined` is none. */
export interface RecordWriter {
  /** The verb `create`, with and without a limit. */
  create(record: SessionRecord, limit: number | undefined, now: number): Promise<LimitedWrite>
  /** The verb `commit`, with and without a limit. */
  commit(
    key: string,
    expected: ExpectedVersion,
    change: RecordChange,
    limit: number | undefined,
    now: number,
  ): Promise<LimitedWrite>
}

/** Nothing was written, and nothing ended. */
export const notWritten: LimitedWrite = { isWritten: false, evicted: [] }

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
    encodeWord(expected.commitId),
    String(change.version),
    encodeWord(change.commitIds[0]),
    String(change.lastSeenAt),
    String(change.idleTimeout),
    String(change.endsAt),
    encodeWord(readOwner(change)),
    encodeState(change),
    change.data,
  ]
}

/** Drivers send UTF-8, which has no half of a surrogate pair and would silently get something else instead. */
function checkData(data: string): void {
  if (!data.isWellFormed()) throw new TypeError('the data of a session contains half of a surrogate pair')
}
