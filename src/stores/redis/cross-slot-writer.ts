// In a Cluster a session and the set of its user are in different slots, and no script writes both. A login
// takes its place in the set first, then writes the session, then confirms that the user's sessions were not
// revoked meanwhile. It succeeds only after that, so that no revocation can miss a session whose token
// somebody has.

import { SessionConflictError, SessionError } from '../../errors.ts'
import type { SessionRecord } from '../../store.ts'
import type { ScriptRunner } from './connection.ts'
import { confirmScript, reserveScript, revokeScript } from './index-scripts.ts'
import type { KeyNames } from './key-names.ts'
import {
  commitUnlistedScript,
  createRecordScript,
  deleteOwnedScript,
  outcome,
  readScript,
} from './record-scripts.ts'
import { decodeRecord } from './record-text.ts'
import { readUser, toCommitParameters, toCreateParameters } from './record-writer.ts'
import type { RecordWriter } from './record-writer.ts'
import { readOutcome, readTexts } from './replies.ts'

/** A session's place in the set of its user. */
interface Place {
  readonly userId: string
  readonly key: string
  readonly endsAt: number
  readonly now: number
}

/** Writes session and user one after the other, so that no order of steps leaves a session unlisted. */
export function createCrossSlotWriter(runner: ScriptRunner, names: KeyNames): RecordWriter {
  const run = async (
    script: typeof readScript,
    key: string,
    parameters: readonly string[],
  ): Promise<number> => readOutcome(await runner.run(script, [names.session(key)], parameters))
  const login = new ReservedLogin(runner, names)
  return {
    async create(record, now) {
      const userId = readUser(record)
      const write = async (): Promise<boolean> =>
        (await run(createRecordScript, record.key, toCreateParameters(record, now))) === outcome.written
      if (userId === undefined) return write()
      const { key, endsAt, commitIds } = record
      return login.write({ userId, key, endsAt, now }, commitIds[0], write)
    },
    async commit(key, expected, change, now) {
      const userId = readUser(change)
      const parameters = toCommitParameters(expected, change, now)
      const first = await run(commitUnlistedScript, key, [...parameters, userId ?? ''])
      if (userId === undefined || first !== outcome.needsReservation) return first === outcome.written
      const write = async (): Promise<boolean> =>
        (await run(commitUnlistedScript, key, [...parameters, ''])) === outcome.written
      return login.write({ userId, key, endsAt: change.endsAt, now }, change.commitIds[0], write)
    },
    beginRevocation: async (userId) =>
      readTexts(await runner.run(revokeScript, [names.user(userId), names.epoch(userId)], [])),
  }
}

/** Reserves, writes, confirms. */
class ReservedLogin {
  readonly #runner: ScriptRunner
  readonly #names: KeyNames

  constructor(runner: ScriptRunner, names: KeyNames) {
    this.#runner = runner
    this.#names = names
  }

  /**
   * Runs `write` with a place in the set of the user.
   *
   * @throws {@link SessionConflictError} when the session may have been written and must not be used.
   */
  async write(place: Place, commitId: string | undefined, write: () => Promise<boolean>): Promise<boolean> {
    const epoch = String(await this.#runIndex(reserveScript, place, []))
    if (!(await this.#writeSurely(place, commitId, write))) return false
    await this.#confirm(place, epoch)
    return true
  }

  /**
   * Finds out by itself whether a write was applied whose answer was lost. The manager could do that as
   * well, but would then hand out the token of a session that nobody has confirmed.
   */
  async #writeSurely(
    { key }: Place,
    commitId: string | undefined,
    write: () => Promise<boolean>,
  ): Promise<boolean> {
    try {
      return await write()
    } catch (error) {
      if (error instanceof SessionError) throw error
    }
    try {
      return (await write()) || (await this.#wasWritten(key, commitId))
    } catch (cause) {
      throw createUnknownError(cause)
    }
  }

  async #wasWritten(key: string, commitId: string | undefined): Promise<boolean> {
    const text = await this.#runner.run(readScript, [this.#names.session(key)], [])
    const record: SessionRecord | undefined = text === null ? undefined : decodeRecord(text, key)
    return commitId !== undefined && record?.commitIds.includes(commitId) === true
  }

  async #confirm(place: Place, epoch: string): Promise<void> {
    let isConfirmed: boolean
    try {
      isConfirmed = readOutcome(await this.#runIndex(confirmScript, place, [epoch])) === outcome.written
    } catch (cause) {
      await this.#undo(place)
      throw createUnknownError(cause)
    }
    if (isConfirmed) return
    await this.#undo(place)
    throw new SessionConflictError('revoked', 'all sessions of the user were revoked during the login')
  }

  /** Deletes the session, unless it has changed hands. If that fails it ends unused: nobody has its token. */
  async #undo({ userId, key, now }: Place): Promise<void> {
    const parameters = [userId, String(now), '0']
    await this.#runner.run(deleteOwnedScript, [this.#names.session(key)], parameters).catch(() => {})
  }

  #runIndex(
    script: typeof readScript,
    { userId, key, endsAt, now }: Place,
    more: readonly string[],
  ): Promise<unknown> {
    const keys = [this.#names.user(userId), this.#names.epoch(userId)]
    return this.#runner.run(script, keys, [key, String(endsAt), String(now), ...more])
  }
}

function createUnknownError(cause: unknown): SessionConflictError {
  return new SessionConflictError(
    'outcome-unknown',
    'the store did not say whether the login was saved, so its session was not handed out',
    { cause },
  )
}
