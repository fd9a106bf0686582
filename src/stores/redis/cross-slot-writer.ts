// In a Cluster a session and the set of its user are in different slots, and no script writes both. A login
// takes its place in the set first, then writes the session, then confirms that the user's sessions were not
// revoked meanwhile. It succeeds only after that, so that no revocation can miss a session whose token
// somebody has.

import type { ScriptRunner } from './connection.ts'
import { revokeScript } from './index-scripts.ts'
import type { KeyNames } from './key-names.ts'
import { commitUnlistedScript, createRecordScript, outcome, readScript } from './record-scripts.ts'
import { decodeRecord } from './record-text.ts'
import { readUser, toCommitParameters, toCreateParameters } from './record-writer.ts'
import type { RecordWriter } from './record-writer.ts'
import { readOutcome } from './replies.ts'
import { ReservedLogin } from './reserved-login.ts'
import type { Script } from './script.ts'
import { readMembers } from './user-entries.ts'
import type { UserEntries } from './user-entries.ts'

/** Writes session and user one after the other, so that no order of steps leaves a session unlisted. */
export function createCrossSlotWriter(
  runner: ScriptRunner,
  names: KeyNames,
  entries: UserEntries,
): RecordWriter {
  const login = new ReservedLogin(runner, names, entries)
  const run = async (script: Script, key: string, parameters: readonly string[]): Promise<number> =>
    readOutcome(await runner.run(script, [names.session(key)], parameters))
  const wasWritten = async (key: string, commitId: string | undefined): Promise<boolean> => {
    const text = await runner.run(readScript, [names.session(key)], [])
    return text !== null && commitId !== undefined && decodeRecord(text, key).commitIds.includes(commitId)
  }
  return {
    async create(record, now) {
      const userId = readUser(record)
      const { key, endsAt, commitIds } = record
      const send = async (): Promise<boolean> =>
        (await run(createRecordScript, key, toCreateParameters(record, now))) === outcome.written
      if (userId === undefined) return send()
      return login.write(
        { userId, key, endsAt, now },
        { send, findOut: () => findCreated(key, commitIds[0]) },
      )
    },
    async commit(key, expected, change, now) {
      const userId = readUser(change)
      const { endsAt, commitIds } = change
      const parameters = toCommitParameters(expected, change, now)
      const first = await run(commitUnlistedScript, key, [...parameters, userId ?? ''])
      if (userId === undefined || first !== outcome.needsReservation) return first === outcome.written
      const send = async (): Promise<boolean> =>
        (await run(commitUnlistedScript, key, [...parameters, ''])) === outcome.written
      // Sent again it is applied once at most, and once it is refused the first one can never be.
      const findOut = async (): Promise<boolean> => (await send()) || wasWritten(key, commitIds[0])
      return login.write({ userId, key, endsAt, now }, { send, findOut })
    },
    beginRevocation: async (userId) =>
      readMembers(await runner.run(revokeScript, [names.user(userId), names.epoch(userId)], [])).keys,
  }

  /** Not sent again: if it was applied and then deleted, that would bring it back. */
  async function findCreated(key: string, commitId: string | undefined): Promise<boolean> {
    if (await wasWritten(key, commitId)) return true
    throw new Error('the session is not there, and may still arrive')
  }
}
