// unstorage has drivers for some twenty databases. It parses what it reads, and some of its drivers pass
// over failures in silence, so this file asks for less and checks more than its interface suggests.

import { basicStore } from './basic-store.ts'
import type { BasicStore } from './basic-store.ts'
import { demandMethods, nameKey, timeToLive } from './foreign-store.ts'

/** What {@link fromUnstorage} uses of an unstorage `Storage`. One with a prefix, or a mounted one, will do. */
export interface ItemStorage {
  /** The parsed value of a key; `null` when there is none. */
  getItem(key: string): Promise<unknown>
  /** Stores a value. Drivers that can remove it after `ttl` seconds do. */
  setItem(key: string, value: string, options: { ttl: number }): Promise<void>
  /** Removes a value. */
  removeItem(key: string): Promise<void>
}

/** Before each text: what does not begin like JSON is parsed neither by unstorage nor by a driver. */
const mark = 'coatcheck:'

/**
 * Lifts an unstorage storage to a store. It promises what {@link basicStore} does: use one process only,
 * and call this once for each storage.
 *
 * Some drivers ignore failures: those of the file system resolve although nothing was removed, and
 * resolve when they are read-only. The first value saved is therefore read back, and each removal is
 * verified by a read. The drivers for Azure take a failed read for an absent value: do not use them here.
 * Nor one whose reads lag behind, such as Cloudflare KV, or one that forgets, such as `lru-cache`.
 *
 * @throws {@link SessionConfigError} for an object without the three methods.
 *
 * @example
 * ```ts
 * const storage = createStorage()
 * const sessions = createSessionManager({ store: fromUnstorage(prefixStorage(storage, 'sessions')) })
 * ```
 */
export function fromUnstorage(storage: ItemStorage): BasicStore {
  demandMethods('fromUnstorage', storage, ['getItem', 'setItem', 'removeItem'])
  let hasKeptOne = false
  return basicStore({
    get: (key) => getText(storage, key),
    async save(key, value, expiresAt, now) {
      await storage.setItem(nameKey(key), mark + value, { ttl: Math.ceil(timeToLive(expiresAt, now) / 1000) })
      if (hasKeptOne) return
      if ((await getText(storage, key)) === undefined) throw new Error('the storage did not keep the value')
      hasKeptOne = true
    },
    async delete(key) {
      await storage.removeItem(nameKey(key))
      if ((await getText(storage, key)) !== undefined) throw new Error('the storage did not remove the value')
    },
  })
}

/** The text of a key. A value of other origin becomes a text that is no record. */
async function getText(storage: ItemStorage, key: string): Promise<string | undefined> {
  const value = await storage.getItem(nameKey(key))
  if (value === null || value === undefined) return undefined
  // The drivers for the file system resolve to the error of a failed read.
  if (value instanceof Error) throw value
  return typeof value === 'string' && value.startsWith(mark) ? value.slice(mark.length) : ''
}
