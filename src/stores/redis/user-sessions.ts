// The user index: finds and ends the sessions of a user, whoever wrote them. Each session is judged by its own
// record; the set of the user only says where to look.

import type { UserIndex } from '../../capabilities.ts'
import { hasExpired } from '../../record.ts'
import type { SessionRecord } from '../../store.ts'
import type { ScriptRunner } from './connection.ts'
import type { KeyNames } from './key-names.ts'
import { deleteOwnedScript, outcome, readScript } from './record-scripts.ts'
import { decodeListed } from './record-text.ts'
import type { RecordWriter } from './record-writer.ts'
import type { UserEntries } from './user-entries.ts'

/**
 * How many scripts are sent at once. Robots have thousands of sessions, and drivers can limit the length of
 * their queue (`commandsQueueMaxLength`).
 */
const batchSize = 100

/** What the sessions of a user are found and written with. */
interface UserSessionsParts {
  readonly runner: ScriptRunner
  readonly names: KeyNames
  readonly entries: UserEntries
  readonly writer: RecordWriter
}

/** A session that was deleted. */
interface Deletion {
  /** Whether it had not ended before. */
  readonly wasLive: boolean
}

/** The sessions of users. */
export class UserSessions implements UserIndex {
  readonly #parts: UserSessionsParts

  constructor(parts: UserSessionsParts) {
    this.#parts = parts
  }

  /** See {@link UserIndex}. Reads past caches: the list decides what a user revokes. */
  async listByUser(userId: string, now: number): Promise<readonly SessionRecord[]> {
    const { runner, names, entries } = this.#parts
    const { keys, reserved } = await entries.findKeys(userId)
    const texts = await inBatches(keys, (key) => runner.run(readScript, [names.session(key)], []))
    const records: SessionRecord[] = []
    const gone: string[] = []
    for (const [index, key] of keys.entries()) {
      const text = texts[index] ?? undefined
      if (text === undefined && !reserved.has(key)) gone.push(key)
      const record = text === undefined ? undefined : decodeListed(text, key, userId)
      if (record !== undefined && !hasExpired(record, now)) records.push(record)
    }
    entries.forget(userId, gone)
    return records.toSorted((one, other) => one.createdAt - other.createdAt)
  }

  /** See {@link UserIndex}. */
  async countByUser(userId: string, now: number): Promise<number> {
    return (await this.listByUser(userId, now)).length
  }

  /** See {@link UserIndex}. */
  async deleteOwned(userId: string, key: string): Promise<boolean> {
    const deletion = await this.#delete(userId, key, 0)
    if (deletion !== undefined) this.#parts.entries.forget(userId, [key])
    return deletion !== undefined
  }

  /** See {@link UserIndex}. */
  async deleteByUser(userId: string, now: number): Promise<number> {
    const { writer, entries } = this.#parts
    const keys = await writer.beginRevocation(userId)
    const deletions = await inBatches(keys, (key) => this.#delete(userId, key, now))
    const deleted = keys.filter((_, index) => deletions[index] !== undefined)
    entries.forget(userId, deleted)
    return deletions.filter((deletion) => deletion?.wasLive).length
  }

  /**
   * Deletes a session that belongs to the user. A text that is not a record says nothing about its owner:
   * it is theirs when their set has it.
   */
  async #delete(userId: string, key: string, now: number): Promise<Deletion | undefined> {
    const { runner, names, entries } = this.#parts
    const send = async (isMalformedTheirs: boolean): Promise<readonly unknown[]> => {
      const parameters = [userId, String(now), isMalformedTheirs ? '1' : '0']
      const reply = await runner.run(deleteOwnedScript, [names.session(key)], parameters)
      return reply as readonly unknown[]
    }
    let [deleted, wasLive] = await send(false)
    if (Number(deleted) === outcome.malformed && (await entries.findKeys(userId)).keys.includes(key))
      [deleted, wasLive] = await send(true)
    return Number(deleted) === outcome.written ? { wasLive: Number(wasLive) === 1 } : undefined
  }
}

/** The answer for each key, in their order. */
async function inBatches<Answer>(
  keys: readonly string[],
  ask: (key: string) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let start = 0; start < keys.length; start += batchSize) {
    answers.push(...(await Promise.all(keys.slice(start, start + batchSize).map(ask))))
  }
  return answers
}
