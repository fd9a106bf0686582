// The steps of a login in a Cluster: reserve, write, confirm. Whatever happens in between, what is answered
// with success is listed and was not revoked.

import { SessionConflictError, SessionError } from '../../errors.ts'
import type { ScriptRunner } from './connection.ts'
import { confirmScript, reserveScript } from './index-scripts.ts'
import type { KeyNames } from './key-names.ts'
import { deleteOwnedScript, outcome } from './record-scripts.ts'
import { readOutcome } from './replies.ts'
import type { Script } from './script.ts'
import type { UserEntries } from './user-entries.ts'

/** A session's place in the set of its user. */
interface Place {
  readonly userId: string
  readonly key: string
  readonly endsAt: number
  readonly now: number
}

/** How a session is written. */
interface Write {
  /** Writes it, and tells whether that happened. */
  send(): Promise<boolean>
  /** Whether sending it again is harmless. */
  readonly isRepeatable: boolean
  /** Whether it is stored. */
  wasWritten(): Promise<boolean>
}

/** Writes sessions that are to be listed elsewhere. */
export class ReservedLogin {
  readonly #runner: ScriptRunner
  readonly #names: KeyNames
  readonly #entries: UserEntries

  constructor(runner: ScriptRunner, names: KeyNames, entries: UserEntries) {
    this.#runner = runner
    this.#names = names
    this.#entries = entries
  }

  /**
   * Writes a session with a place in the set of its user. Tells whether that happened.
   *
   * @throws {@link SessionConflictError} when the session may have been written and must not be used.
   */
  async write(place: Place, write: Write): Promise<boolean> {
    const epoch = String(await this.#runIndex(reserveScript, place))
    const isWritten = await writeSurely(write)
    // Drivers send again by themselves as well, and then report the second answer.
    if (!isWritten && !(await findOut(() => write.wasWritten()))) return false
    await this.#confirm(place, epoch)
    return isWritten
  }

  async #confirm(place: Place, epoch: string): Promise<void> {
    let isConfirmed: boolean
    try {
      const reply = await this.#runIndex(confirmScript, place, epoch)
      isConfirmed = readOutcome(reply) === outcome.written
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
    try {
      await this.#runner.run(deleteOwnedScript, [this.#names.session(key)], parameters)
      this.#entries.forget(userId, [key])
    } catch {
      // The login fails in any case, and its error says more.
    }
  }

  #runIndex(
    script: Script,
    { userId, key, endsAt, now }: Place,
    ...more: readonly string[]
  ): Promise<unknown> {
    const keys = [this.#names.user(userId), this.#names.epoch(userId)]
    return this.#runner.run(script, keys, [key, String(endsAt), String(now), ...more])
  }
}

/**
 * Finds out by itself whether a write was applied whose answer was lost. The manager could do that as well,
 * but would then hand out the token of a session that nobody has confirmed.
 */
async function writeSurely(write: Write): Promise<boolean> {
  try {
    return await write.send()
  } catch (error) {
    if (error instanceof SessionError) throw error
  }
  return findOut(async () => {
    if (write.isRepeatable && (await write.send())) return true
    const wasWritten = await write.wasWritten()
    if (!wasWritten && !write.isRepeatable) throw new Error('the session is not there, and may still arrive')
    return wasWritten
  })
}

/** Asks the store once more, and gives up if it fails again. */
async function findOut(ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask()
  } catch (cause) {
    throw createUnknownError(cause)
  }
}

function createUnknownError(cause: unknown): SessionConflictError {
  return new SessionConflictError(
    'outcome-unknown',
    'the store did not say whether the login was saved, so its session was not handed out',
    { cause },
  )
}
