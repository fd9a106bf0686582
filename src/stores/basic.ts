// The easiest store to write, and the weakest: three functions over any database. The contract's
// atomic steps are made of reads and writes in a queue for each key, which orders the requests of
// this process and no others. The type says so (`atomicity: 'process'`), and so does the
// conformance report in docs/stores.md.

import { readOptions, createOptionError } from '../options.ts'
import { changeRecord, expiryOf, hasExpired, isExpected, sealRecord, touchRecord } from '../record.ts'
import type { Awaitable, SessionRecord, SessionStore } from '../store.ts'
import { KeyQueue } from '../key-queue.ts'
import { decodeRecord, encodeRecord } from './basic/record-text.ts'

/**
 * The three functions that {@link basicStore} builds on. Each must settle, and reject when it failed.
 *
 * @example
 * ```ts
 * const rows = new Map<string, string>()
 * const functions: BasicFunctions = {
 *   get: (key) => rows.get(key),
 *   save: (key, value) => rows.set(key, value),
 *   delete: (key) => rows.delete(key),
 * }
 * ```
 */
export interface BasicFunctions {
  /** The text saved under `key`; `null` or `undefined` when there is none. */
  readonly get: (key: string) => Awaitable<string | null | undefined>
  /**
   * Saves `value` under `key`, over what was there. From `expiresAt` on (milliseconds since 1970:
   * the session's end and a minute more) the row may be thrown away.
   */
  readonly save: (key: string, value: string, expiresAt: number) => Awaitable<unknown>
  /** Removes what is saved under `key`; fine when there is nothing. */
  readonly delete: (key: string) => Awaitable<unknown>
}

/**
 * A store whose steps are atomic only among the requests of one process.
 *
 * @example
 * ```ts
 * function demandSharedStore(store: SessionStore & { atomicity?: never }): void {}
 * const store: BasicStore = basicStore(functions) // demandSharedStore(store) does not compile
 * ```
 */
export interface BasicStore extends SessionStore {
  /** Told in the type, so that a type can demand a store for several processes. */
  readonly atomicity: 'process'
}

const names = ['get', 'save', 'delete'] as const
// Milliseconds. A clock that runs ahead in the database must not remove what still lives here.
const garbageMargin = 60_000

/**
 * Makes a store of three functions, for a database that coatcheck has no store for.
 *
 * What it promises: as long as one process at a time uses the database, everything the contract
 * says, because the steps of one session run one after another.
 *
 * What it cannot promise to several processes: a commit is a `get` and then a `save`, and another
 * process can come in between. Then one of two changes is lost, `create` can overwrite, and a
 * commit or touch can bring back a session that another process deleted: logout is not final.
 * Behind more than one process use a store that is not basic.
 *
 * A text that is no record rejects with `SessionDecodeError`, which does not quote it. `create` and
 * `delete` do not look inside.
 *
 * @throws {@link SessionConfigError} when one of the three is no function or there is a fourth.
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
  const { get, save, delete: remove } = readFunctions(functions)
  const queue = new KeyQueue()

  /** The record, unless it is absent or has ended at `now`. */
  async function findLive(key: string, now: number): Promise<SessionRecord | undefined> {
    const text = await get(key)
    if (text === null || text === undefined) return undefined
    const record = decodeRecord(text, key)
    return hasExpired(record, now) ? undefined : record
  }

  /** Saves a record with the instant from which its row is garbage. */
  async function write(record: SessionRecord): Promise<void> {
    await save(record.key, encodeRecord(record), expiryOf(record) + garbageMargin)
  }

  return {
    atomicity: 'process',
    create(record) {
      const taken = sealRecord(record)
      return queue.run(taken.key, async () => {
        if (isThere(await get(taken.key))) return false
        await write(taken)
        return true
      })
    },
    read: (key, now) => queue.run(key, () => findLive(key, now)),
    commit(key, expected, change, now) {
      const taken = { ...change, commitIds: [...change.commitIds] }
      const { version, commitId } = expected
      return queue.run(key, async () => {
        const record = await findLive(key, now)
        if (record === undefined || !isExpected(record, { version, commitId })) return false
        await write(changeRecord(record, taken))
        return true
      })
    },
    touch: (key, lastSeenAt, idleExpiresAt, now) =>
      queue.run(key, async () => {
        const record = await findLive(key, now)
        if (record === undefined) return false
        const touched = touchRecord(record, lastSeenAt, idleExpiresAt)
        if (touched !== record) await write(touched)
        return true
      }),
    delete: (key) =>
      queue.run(key, async () => {
        if (!isThere(await get(key))) return false
        await remove(key)
        return true
      }),
  }
}

/** An empty text is there: only `null` and `undefined` are not. */
function isThere(text: string | null | undefined): boolean {
  return text !== null && text !== undefined
}

/** The three functions, checked once. @throws {@link SessionConfigError} */
function readFunctions(functions: BasicFunctions): BasicFunctions {
  const own = readOptions('basicStore', functions, names)
  for (const name of names) {
    if (typeof own[name] !== 'function')
      throw createOptionError(`basicStore.${name}`, own[name], 'a function')
  }
  return own
}
