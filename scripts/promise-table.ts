// The table of promises in docs/stores.md: runs the conformance kit on the stores that need no server. Those that do
// are in server-stores.ts.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import expressSession from 'express-session'
import { Keyv } from 'keyv'
import { createStorage } from 'unstorage'
import { basicStore, fromExpressStore, fromKeyv, fromUnstorage } from '../src/stores/basic.ts'
import type { BasicFunctions } from '../src/stores/basic.ts'
import { cachedStore } from '../src/stores/cached.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { sqliteStore } from '../src/stores/sqlite.ts'
import { checkPromises } from '../src/testing/check-promises.ts'
import type { PromiseReport } from '../src/testing/check-promises.ts'

/** Checks the stores that need no server with the conformance kit. */
export async function reportOwnStores(): Promise<readonly PromiseReport[]> {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-report-'))
  let files = 0
  const newPath = (): string => join(folder, `${(files += 1)}.sqlite`)
  try {
    return [
      await checkPromises('`memoryStore`', () => ({ store: memoryStore({ maxSessions: 200 }) })),
      await checkPromises('`sqliteStore`', () => {
        const path = newPath()
        return { store: sqliteStore(path), peer: sqliteStore(path) }
      }),
      await checkPromises('`cachedStore(sqliteStore)`', () => {
        const path = newPath()
        return { store: cachedStore(sqliteStore(path)), peer: sqliteStore(path) }
      }),
      await checkPromises('`basicStore`', () => {
        const functions = functionsOver(new Map())
        return { store: basicStore(functions), peer: basicStore(functions) }
      }),
      await checkPromises('`fromUnstorage`', () => {
        const storage = createStorage()
        return { store: fromUnstorage(storage), peer: fromUnstorage(storage) }
      }),
      await checkPromises('`fromKeyv`', () => {
        const keyv = new Keyv()
        return { store: fromKeyv(keyv), peer: fromKeyv(keyv) }
      }),
      await checkPromises('`fromExpressStore`', () => {
        const expressStore = new expressSession.MemoryStore()
        return { store: fromExpressStore(expressStore), peer: fromExpressStore(expressStore) }
      }),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Asynchronous functions over a map, as a client of a database server would be. */
function functionsOver(rows: Map<string, string>): BasicFunctions {
  return {
    async get(key) {
      await nextTurn()
      return rows.get(key)
    },
    async save(key, value) {
      await nextTurn()
      rows.set(key, value)
    },
    async delete(key) {
      await nextTurn()
      rows.delete(key)
    },
  }
}
