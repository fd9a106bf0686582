// In a Cluster a session and the set of its user are in different slots, and no script writes both. A login
// takes its place in the set first, then writes the session, then confirms that the user's sessions were not
// revoked meanwhile. It succeeds only after that, so that no revocation can miss a session whose token
// somebody has.

import type { LimitedWrite } from '../../contract/limited-writes.ts'
import type { ExpectedVersion, RecordChange, SessionRecord } from '../../contract/store.ts'
import type { ScriptRunner } from './redis-connection.ts'
import { decodeHandle, encodeMember } from './redis-member.ts'
import type { KeyNames } from './redis-options.ts'
import { commitUnlistedScript, createRecordScript, outcome, readScript } from './redis-record-scripts.ts'
import { decodeRecord, encodeWord, readOwner } from './redis-record-text.ts'
import { notWritten, toCommitParameters, toCreateParameters } from './redis-record-writer.ts'
import type { RecordWriter } from './redis-record-writer.ts'
import { readOutcome, readParts } from './redis-replies.ts'
import { ReservedLogin } from './redis-reserved-login.ts'
import type { LoginParts } from './redis-reserved-login.ts'
import type { Script } from './redis-script.ts'

/** Writes session and user one after the other, so that no order of steps leaves a session unlisted. */
export class CrossSlotWriter implements RecordWriter {
  readonly #runner: ScriptRunner
  readonly #names: KeyNames
  readonly #login: ReservedLogin

  constructor(parts: LoginParts) {
    this.#runner = parts.runner
    this.#names = parts.names
    this.#login = new ReservedLogin(parts)
  }

  /** See {@link RecordWriter}. */
  async create(record: SessionRecord, limit: number | undefined, now: number): Promise<LimitedWrite> {
    const owner = readOwner(record)
    const { key, handle, endsAt } = record
    const send = async (): Promise<boolean> => {
      const reply = await this.#run(createRecordScript, key, toCreateParameters(record, now))
      return readOutcome(reply[0]) === outcome.written
    }
    if (owner === undefined) return toWrite(await send())
    const place = { owner, key, member: encodeMember(handle, key), endsAt, now, limit, isHeld: false }
    const wasWritten = (): Promise<boolean> => this.#wasWritten(record)
    // Not sent again: if it was applied and then deleted, that would bring it back.
    return this.#login.write(place, { send, isRepeatable: false, wasWritten })
  }

  /** See {@link RecordWriter}. */
  async commit(
    key: string,
    expected: ExpectedVersion,
    change: RecordChange,
    limit: number | undefined,
    now: number,
  ): Promise<LimitedWrite> {
    const owner = readOwner(change)
    const parameters = toCommitParameters(expected, change, now)
    const conditions = [encodeWord(owner), ...(limit === undefined ? [] : ['limit'])]
    const [first, handle, wasTheirs] = await this.#run(commitUnlistedScript, key, [
      ...parameters,
      ...conditions,
    ])
    const answer = readOutcome(first)
    if (owner === undefined || answer !== outcome.needsReservation) return toWrite(answer === outcome.written)
    const send = async (): Promise<boolean> => {
      const reply = await this.#run(commitUnlistedScript, key, [...parameters, ''])
      return readOutcome(reply[0]) === outcome.written
    }
    const wasWritten = (): Promise<boolean> => this.#wasWritten({ key, commitIds: change.commitIds })
    const member = encodeMember(decodeHandle(String(handle)), key)
    const place = { owner, key, member, endsAt: change.endsAt, now, limit, isHeld: Number(wasTheirs) === 1 }
    // Sent again it is applied once at most, and once it is refused the first one can never be.
    return this.#login.write(place, { send, isRepeatable: true, wasWritten })
  }

  async #run(script: Script, key: string, parameters: readonly string[]): Promise<readonly unknown[]> {
    return readParts(await this.#runner.run(script, [this.#names.session(key)], parameters))
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

/** A write without a limit. */
function toWrite(isWritten: boolean): LimitedWrite {
  return isWritten ? { isWritten, evicted: [] } : notWritten
}
