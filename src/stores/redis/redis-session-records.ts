// The verbs that concern single records and leave their user alone: read, touch, delete. The last two tell the user
// index afterwards, and succeed without it.

import type { ListedRecord } from '../../contract/capabilities.ts'
import { hasExpired } from '../../contract/record.ts'
import type { SessionRecord } from '../../contract/store.ts'
import type { RedisConnection } from './redis-connection.ts'
import { decodeHandle, encodeKey, encodeMember } from './redis-member.ts'
import type { Member } from './redis-member.ts'
import type { KeyNames } from './redis-options.ts'
import {
  deleteOwnedScript,
  deleteScript,
  outcome,
  readLinesScript,
  readScript,
  touchScript,
} from './redis-record-scripts.ts'
import { decodeListed, decodeRecord, encodeWord } from './redis-record-text.ts'
import { readOutcome, readParts } from './redis-replies.ts'
import { inBatches } from './redis-script.ts'
import type { UserEntries } from './redis-user-entries.ts'

/** A session that was deleted. */
interface Deletion {
  /** Whether it had not ended before. */
  readonly wasLive: boolean
}

/** What was found of a session that a user's set names. */
export type FoundSession =
  | { readonly kind: 'gone' | 'other' }
  | { readonly kind: 'theirs'; readonly record: ListedRecord }

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

  /**
   * What there is of each member without its data, in their order: what a list shows, a count counts and a limit
   * compares. Reads past caches: a list decides what a user revokes.
   */
  readLines(
    owner: string,
    members: readonly (Member & { readonly score?: number })[],
  ): Promise<readonly FoundSession[]> {
    return inBatches(members, async ({ key, handle, score: endsAt = 0 }): Promise<FoundSession> => {
      const lines = await this.#connection.run(readLinesScript, [this.#names.session(key)], [])
      if (lines === null || lines === undefined) return { kind: 'gone' }
      const record = decodeListed(lines, { key, handle, owner, endsAt })
      return record === undefined ? { kind: 'other' } : { kind: 'theirs', record }
    })
  }

  /** Moves the instants forward, and has the user index repaired in case it was lost. */
  async touch(key: string, lastSeenAt: number, idleExpiresAt: number, now: number): Promise<boolean> {
    const parameters = [lastSeenAt, idleExpiresAt, now].map(String)
    const reply = await this.#connection.run(touchScript, [this.#names.session(key)], parameters)
    const [written, owner, handle, endsAt] = readParts(reply)
    if (readOutcome(written) !== outcome.written) return false
    if (isFilled(owner)) {
      const member = toMember(String(handle), key)
      this.#entries.repair(decodeURIComponent(owner), member, String(endsAt), now)
    }
    return true
  }

  /** Deletes whatever is there, or only what belongs to the owner, and takes it from the user index. */
  async delete(key: string, owner: string | null | undefined): Promise<boolean> {
    // No session has an empty owner, which stands for nobody in a script.
    if (owner === '') return false
    if (owner !== undefined) return this.#deleteOfOwner(key, owner)
    const reply = await this.#connection.run(deleteScript, [this.#names.session(key)], [])
    const [deleted, former, handle] = readParts(reply)
    if (isFilled(former)) this.#entries.forget(decodeURIComponent(former), [toMember(String(handle), key)])
    return readOutcome(deleted) === outcome.written
  }

  /**
   * Deletes the session of a member if it still belongs to the owner. A text that is not a record says nothing of
   * its owner, and counts as theirs, because their set has it.
   */
  async deleteMember(owner: string, { key }: Member, now: number): Promise<Deletion | undefined> {
    const parameters = [encodeWord(owner), String(now), '1']
    const reply = await this.#connection.run(deleteOwnedScript, [this.#names.session(key)], parameters)
    const [deleted, wasLive] = readParts(reply)
    return readOutcome(deleted) === outcome.written ? { wasLive: Number(wasLive) === 1 } : undefined
  }

  async #deleteOfOwner(key: string, owner: string | null): Promise<boolean> {
    const parameters = [encodeWord(owner ?? ''), '0', '0']
    const reply = await this.#connection.run(deleteOwnedScript, [this.#names.session(key)], parameters)
    const [deleted, , handle] = readParts(reply)
    if (Number(deleted) === outcome.malformed) return this.#deleteMalformed(key, owner)
    if (readOutcome(deleted) !== outcome.written) return false
    if (owner !== null) this.#entries.forget(owner, [toMember(String(handle), key)])
    return true
  }

  /** A text that is not a record is the owner's when their set has it. */
  async #deleteMalformed(key: string, owner: string | null): Promise<boolean> {
    const [member] = owner === null ? [] : await this.#entries.find(owner, { key })
    if (owner === null || member === undefined) return false
    const deletion = await this.deleteMember(owner, member, 0)
    if (deletion !== undefined) this.#entries.forget(owner, [member.text])
    return deletion !== undefined
  }
}

/** Whether a record could be read. */
export function isReadable(record: ListedRecord): boolean {
  return record.format !== 0
}

/** Whether a part of an answer is a text that is not empty. */
function isFilled(part: unknown): part is string {
  return typeof part === 'string' && part !== ''
}

/** The member of a session, from its handle as it stands in the record. */
function toMember(handle: string, key: string): string {
  return handle === '' ? encodeKey(key) : encodeMember(decodeHandle(handle), key)
}

/** The record, unless it is absent or has expired. */
function decodeLive(text: unknown, key: string, now: number): SessionRecord | undefined {
  if (text === null || text === undefined) return undefined
  const record = decodeRecord(text, key)
  return hasExpired(record, now) ? undefined : record
}
