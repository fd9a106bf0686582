// Writing a session and listing it for its user must look like one step. How, depends on where the two are: in one
// place, as here, a script does both; across the slots of a Cluster it takes a reservation: redis-cross-slot-writer.ts.

import type { LimitedWrite } from '../../contract/limited-writes.ts'
import { expiryOf, skewMargin } from '../../contract/record.ts'
import type { ExpectedVersion, RecordChange, SessionRecord } from '../../contract/store.ts'
import type { ScriptRunner } from './redis-connection.ts'
import { decodeMember, encodeKey, encodeMember } from './redis-member.ts'
import type { KeyNames } from './redis-options.ts'
import {
  commitListedScript,
  createListedScript,
  createRecordScript,
  outcome,
} from './redis-record-scripts.ts'
import { encodeRecord, encodeState, encodeWord, readOwner } from './redis-record-text.ts'
import { readOutcome, readParts, readTexts } from './redis-replies.ts'

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

/**
 * Writes where all keys are in one place: a single Redis, a master behind Sentinel. A script writes the session,
 * lists it for its user and ends those beyond the limit, in one round trip, so nothing can come in between, not
 * even a crash.
 */
export function createOnePlaceWriter(runner: ScriptRunner, names: KeyNames): RecordWriter {
  return {
    async create(record, limit, now) {
      const owner = readOwner(record)
      const { key, handle, endsAt } = record
      const [keys, parameters] = [[names.session(key)], toCreateParameters(record, now)]
      if (owner === undefined) return readWrite(await runner.run(createRecordScript, keys, parameters))
      const member = encodeMember(handle, key)
      const place = [member, String(endsAt), String(now), encodeWord(owner), names.sessions]
      const all = [...parameters, ...place, ...toLimit(limit)]
      return readWrite(await runner.run(createListedScript, [...keys, names.user(owner)], all))
    },
    async commit(key, expected, change, limit, now) {
      const owner = readOwner(change)
      const keys = [names.session(key), ...(owner === undefined ? [] : [names.user(owner)])]
      const parameters = toCommitParameters(expected, change, now)
      const all = [...parameters, encodeKey(key), names.sessions, ...toLimit(limit)]
      return readWrite(await runner.run(commitListedScript, keys, all))
    },
  }
}

function toLimit(limit: number | undefined): string[] {
  return limit === undefined ? [] : [String(limit)]
}

/** What became of a write, from its outcome and the members that it ended. */
function readWrite(reply: unknown): LimitedWrite {
  const [answer, ended] = readParts(reply)
  if (readOutcome(answer) !== outcome.written) return notWritten
  return { isWritten: true, evicted: readTexts(ended).map((text) => decodeMember(text).handle) }
}
