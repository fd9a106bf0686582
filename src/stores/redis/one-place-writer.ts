// All keys are in one place: a single Redis, a master behind Sentinel. A script writes the session, lists
// it for its user and ends those beyond the limit, so nothing can come in between, not even a crash.

import type { LimitedWrite } from '../../limited-writes.ts'
import type { ScriptRunner } from './connection.ts'
import type { KeyNames } from './key-names.ts'
import { decodeMember, encodeKey, encodeMember } from './member.ts'
import { commitListedScript, createListedScript, createRecordScript, outcome } from './record-scripts.ts'
import { encodeWord, readOwner } from './record-text.ts'
import { notWritten, toCommitParameters, toCreateParameters } from './record-writer.ts'
import type { RecordWriter } from './record-writer.ts'
import { readOutcome, readParts, readTexts } from './replies.ts'

/** Writes session and user in one script, in one round trip. */
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
