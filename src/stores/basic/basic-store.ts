// The easiest store to write, and the weakest: three functions over any database. Each verb is a read
// followed by a write, made atomic by a queue per key, which orders the requests of this process only.
// The type says so (`atomicity: 'process'`), and so does the conformance report in docs/stores.md.

import type { Pingable } from '../../contract/capabilities.ts'
import {
  changeRecord,
  expiryOf,
  hasExpired,
  isExpected,
  sealRecord,
  skewMargin,
  touchRecord,
} from '../../contract/record.ts'
import type { Awaitable, SessionRecord, SessionStore } from '../../contract/store.ts'
import { createPing, readFunctions } from './basic-functions.ts'
import type { BasicFunctions } from './basic-functions.ts'
import { decodeRecord, encodeRecord } from './basic-record-text.ts'
import { KeyQueue } from './key-queue.ts'

/** A store whose verbs are atomic only among the requests of one process. */
export interface BasicStore extends SessionStore, Pingable {
  /** Part of the type, so that code can require a store that several processes may share. */
  readonly atomicity: 'process'
}

/**
 * Creates a store from three functions, for a database that coatcheck has no store for.
 *
 * As long as only one process at a time uses the database, it keeps the whole contract, because the
 * verbs of one session run one after another.
 *
 * With several processes it cannot: a commit is a `get` followed by a `save`, and another process can
 * come in between. Then one of two changes is lost, `create` can overwrite, and a commit or touch can
 * restore a session that another process deleted, so logout is not final. Use a different store when
 * there is more than one process.
 *
 * Text that is not a record rejects with `SessionDecodeError`, which does not quote it. `create`, and
 * `delete` without an owner, do not decode it.
 *
 * `ping` saves a row under a name that no session has, reads it and deletes it.
 *
 * @throws {@link SessionConfigError} when one of the three is not a function, or there is a fourth.
 *
 * @example
 * ```ts
 * const store = basicStore({
 *   get: (key) => bucket.getText(key),
 *   save: (key, value, expiresAt) => bucket.put(key, value, { expires: new Date(expiresAt) }),
 *   delete: (key) => bucket.remove(key),
 * })
 * ```
 */
export function basicStore(functions: BasicFunctions): BasicStore {
  const own = readFunctions(functions)
  return liftFunctions({
    ...own,
    isTaken: async (key) => isPresent(await own.get(key)),
    getToDelete: own.get,
  })
}

/** The three functions, and what a store may know better than by asking `get`. */
export interface LiftedFunctions extends BasicFunctions {
  /** Whether a row has this key: before a creation, so mostly none has. */
  readonly isTaken: (key: string) => Awaitable<boolean>
  /** Like `get`, but rejects where it is in doubt whether there is a row: a logout must not take it for gone. */
  readonly getToDelete: BasicFunctions['get']
}

/** The verbs over three functions. */
export function liftFunctions(functions: LiftedFunctions): BasicStore {
  const { get, save, isTaken } = functions
  const queue = new KeyQueue()
  return {
    atomicity: 'process',
    create(record, now) {
      const copy = sealRecord(record)
      return queue.run(copy.key, async () => {
        if (await isTaken(copy.key)) return false
        await write(save, copy, now)
        return true
      })
    },
    read: (key, now) => queue.run(key, () => findLive(get, key, now)),
    commit(key, expected, change, now) {
      const copy = { ...change, commitIds: [...change.commitIds] }
      const { version, commitId } = expected
      return queue.run(key, async () => {
        const record = await findLive(get, key, now)
        if (record === undefined || !isExpected(record, { version, commitId })) return false
        await write(save, changeRecord(record, copy), now)
        return true
      })
    },
    touch: (key, lastSeenAt, idleExpiresAt, now) =>
      queue.run(key, async () => {
        const record = await findLive(get, key, now)
        if (record === undefined) return false
        const touched = touchRecord(record, lastSeenAt, idleExpiresAt)
        if (touched !== record) await write(save, touched, now)
        return true
      }),
    delete: (key, owner) => queue.run(key, () => removeRow(functions, key, owner)),
    ping: createPing(functions),
  }
}

/** Removes a row, with an owner only one of that owner. Returns whether it did. */
async function removeRow(
  { getToDelete, delete: remove }: LiftedFunctions,
  key: string,
  owner: string | null | undefined,
): Promise<boolean> {
  const text = await getToDelete(key)
  if (!isPresent(text) || !isOf(owner, text, key)) return false
  await remove(key)
  return true
}

/** Whether a text is the record of an owner, or of nobody when that is `null`. Without one, any text will do. */
function isOf(owner: string | null | undefined, text: string, key: string): boolean {
  return owner === undefined || (ownerOf(decodeRecord(text, key)) ?? null) === owner
}

/** The record's own owner, and not one that its prototype has. */
function ownerOf(record: SessionRecord): string | undefined {
  return Object.hasOwn(record, 'owner') ? record.owner : undefined
}

/** The record, unless it is absent or has expired at `now`. */
async function findLive(
  get: BasicFunctions['get'],
  key: string,
  now: number,
): Promise<SessionRecord | undefined> {
  const text = await get(key)
  if (!isPresent(text)) return undefined
  const record = decodeRecord(text, key)
  return hasExpired(record, now) ? undefined : record
}

/** Saves a record, with the instant from which its row may be deleted. */
async function write(save: BasicFunctions['save'], record: SessionRecord, now: number): Promise<void> {
  await save(record.key, encodeRecord(record), expiryOf(record) + skewMargin, now)
}

/** Whether there is a value: an empty text is one. */
function isPresent(text: string | null | undefined): text is string {
  return text !== null && text !== undefined
}
