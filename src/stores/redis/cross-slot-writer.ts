// In a Cluster a session and the set of its user are in different slots, and no script writes both. A login
// takes its place in the set first, then writes the session, then confirms that the user's sessions were not
// revoked meanwhile. It succeeds only after that, so that no revocation can miss a session whose token
// somebody has.

import type { ExpectedVersion, RecordChange, SessionRecord } from '../../store.ts'
import type { ScriptRunner } from './connection.ts'
import { revokeScript } from './index-scripts.ts'
import type { KeyNames } from './key-names.ts'
import { commitUnlistedScript, createRecordScript, outcome, readScript } from './record-scripts.ts'
import { decodeRecord } from './record-text.ts'
import { readUser, toCommitParameters, toCreateParameters } from './record-writer.ts'
import type { RecordWriter } from './record-writer.ts'
import { readOutcome, readTexts } from './replies.ts'
import { ReservedLogin } from './reserved-login.ts'
import type { Script } from './script.ts'
import type { UserEntries } from './user-entries.ts'

/** Writes session and user one after the other, so that no order of steps leaves a session unlisted. */
export class CrossSlotWriter implements RecordWriter {
  readonly #runner: ScriptRunner
  readonly #names: KeyNames
  readonly #login: ReservedLogin

  constructor(runner: ScriptRunner, names: KeyNames, entries: UserEntries) {
    this.#runner = runner
    this.#names = names
    this.#login = new ReservedLogin(runner, names, entries)
  }

  /** See {@link RecordWriter}. */
  async create(record: SessionRecord, now: number): Promise<boolean> {
    const userId = readUser(record)
    const { key, endsAt } = record
    const send = (): Promise<boolean> =>
      this.#run(createRecordScript, key, toCreateParameters(record, now)).then(hasWritten)
    if (userId === undefined) return send()
    const wasWritten = (): Promise<boolean> => this.#wasWritten(record)
    // Not sent again: if it was applied and then deleted, that would bring it back.
    return this.#login.write({ userId, key, endsAt, now }, { send, isRepeatable: false, wasWritten })
  }

  /** See {@link RecordWriter}. */
  async commit(key: string, expected: ExpectedVersion, change: RecordChange, now: number): Promise<boolean> {
    const userId = readUser(change)
    const { endsAt, commitIds } = change
    const parameters = toCommitParameters(expected, change, now)
    const first = await this.#run(commitUnlistedScript, key, [...parameters, userId ?? ''])
    if (userId === undefined || first !== outcome.needsReservation) return hasWritten(first)
    const send = (): Promise<boolean> =>
      this.#run(commitUnlistedScript, key, [...parameters, '']).then(hasWritten)
    const wasWritten = (): Promise<boolean> => this.#wasWritten({ key, commitIds })
    // Sent again it is applied once at most, and once it is refused the first one can never be.
    return this.#login.write({ userId, key, endsAt, now }, { send, isRepeatable: true, wasWritten })
  }

  /** See {@link RecordWriter}. */
  async beginRevocation(userId: string): Promise<readonly string[]> {
    const keys = [this.#names.user(userId), this.#names.epoch(userId)]
    return readTexts(await this.#runner.run(revokeScript, keys, []))
  }

  async #run(script: Script, key: string, parameters: readonly string[]): Promise<number> {
    return readOutcome(await this.#runner.run(script, [this.#names.session(key)], parameters))
  }

  /** Whether the newest of the commit ids is on the stored record. */
  async #wasWritten({
    key,
    commitIds: [commitId = ''],
  }: Pick<SessionRecord, 'key' | 'commitIds'>): Promise<boolean> {
    const text = await this.#runner.run(readScript, [this.#names.session(key)], [])
    return text !== null && decodeRecord(text, key).commitIds.includes(commitId)
  }
}

function hasWritten(answer: number): boolean {
  return answer === outcome.written
}
