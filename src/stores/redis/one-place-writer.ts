// All keys are in one place: a single Redis, a master behind Sentinel. A script writes the session and lists
// it for its user, so nothing can come in between, not even a crash.

import type { ScriptRunner } from './connection.ts'
import type { KeyNames } from './key-names.ts'
import { commitListedScript, createListedScript, createRecordScript, outcome } from './record-scripts.ts'
import { readUser, toCommitParameters, toCreateParameters } from './record-writer.ts'
import type { RecordWriter } from './record-writer.ts'
import { readOutcome } from './replies.ts'
import type { UserEntries } from './user-entries.ts'

/** Writes session and user in one script, in one round trip. */
export function createOnePlaceWriter(
  runner: ScriptRunner,
  names: KeyNames,
  entries: UserEntries,
): RecordWriter {
  return {
    async create(record, now) {
      const userId = readUser(record)
      const keys = [names.session(record.key)]
      const parameters = toCreateParameters(record, now)
      const reply =
        userId === undefined
          ? await runner.run(createRecordScript, keys, parameters)
          : await runner.run(
              createListedScript,
              [...keys, names.user(userId)],
              [...parameters, record.key, String(record.endsAt), String(now)],
            )
      return readOutcome(reply) === outcome.written
    },
    async commit(key, expected, change, now) {
      const userId = readUser(change)
      const keys = [names.session(key), ...(userId === undefined ? [] : [names.user(userId)])]
      const parameters = [...toCommitParameters(expected, change, now), key]
      return readOutcome(await runner.run(commitListedScript, keys, parameters)) === outcome.written
    },
    beginRevocation: async (userId) => (await entries.findKeys(userId)).keys,
  }
}
