// The verbs that concern one record and leave its user alone: read, touch, delete. The last two tell the user
// index afterwards, and succeed without it.

import { hasExpired } from '../../record.ts'
import type { SessionRecord } from '../../store.ts'
import type { RedisConnection } from './connection.ts'
import type { KeyNames } from './key-names.ts'
import { deleteScript, outcome, readScript, touchScript } from './record-scripts.ts'
import { decodeRecord } from './record-text.ts'
import { readOutcome } from './replies.ts'
import type { UserEntries } from './user-entries.ts'

/** The records of a store, each under a key of its own. */
export class SessionRecords {
  readonly #connection: RedisConnection
  readonly #names: KeyNames
  readonly #entries: UserEntries

  constructor(connection: RedisConnection, names: KeyNames, entries: UserEntries) {
    this.#connection = connection
    this.#names = names
    this.#entries = entries
  }

  /** The live record, by a plain GET: a driver's client-side cache may answer it. */
  async read(key: string, now: number): Promise<SessionRecord | undefined> {
    return decodeLive(await this.#connection.get(this.#names.session(key)), key, now)
  }

  /** The live record, from the master. */
  async readUncached(key: string, now: number): Promise<SessionRecord | undefined> {
    return decodeLive(await this.#connection.run(readScript, [this.#names.session(key)], []), key, now)
  }

  /** Moves the instants forward, and has the user index repaired in case it was lost. */
  async touch(key: string, lastSeenAt: number, idleExpiresAt: number, now: number): Promise<boolean> {
    const parameters = [lastSeenAt, idleExpiresAt, now].map(String)
    const reply = await this.#connection.run(touchScript, [this.#names.session(key)], parameters)
    const [written, userId, endsAt] = reply as readonly [unknown, string?, string?]
    if (readOutcome(written) !== outcome.written) return false
    if (userId && endsAt) this.#entries.repair(userId, key, endsAt, now)
    return true
  }

  /** Deletes whatever is there, and takes it from the user index. */
  async delete(key: string): Promise<boolean> {
    const reply = await this.#connection.run(deleteScript, [this.#names.session(key)], [])
    const [deleted, userId] = reply as readonly [unknown, string?]
    if (userId) this.#entries.forget(userId, [key])
    return readOutcome(deleted) === outcome.written
  }
}

/** The record, unless it is absent or has expired. */
function decodeLive(text: unknown, key: string, now: number): SessionRecord | undefined {
  if (text === null || text === undefined) return undefined
  const record = decodeRecord(text, key)
  return hasExpired(record, now) ? undefined : record
}
