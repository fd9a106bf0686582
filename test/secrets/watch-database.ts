import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { SqliteStore } from '../../src/stores/sqlite.ts'
import { before } from './before.ts'
import { hasSecrets, search } from './search.ts'

type Create = (source: unknown, options?: unknown) => SqliteStore

const paths = new Set<string>()

/**
 * The raw bytes of databases: when a store closes, at the end of the process, and, since some are
 * killed, after the first, second, fourth, eighth … write.
 */
export function watchDatabase(create: Create): Create {
  return (source, options) => {
    const store = create(source, options)
    const path = pathOf(source)
    if (path === undefined) return store
    paths.add(path)
    let writes = 0
    const searchSometimes = (): void => {
      if ((writes & (writes - 1)) === 0) searchFiles(path)
      writes += 1
    }
    for (const verb of ['create', 'commit'] as const) before(store, verb, searchSometimes)
    before(store, 'close', () => searchFiles(path))
    return store
  }
}

process.on('exit', () => {
  for (const path of paths) searchFiles(path)
})

/** Another process reads them: were they closed in this one, SQLite would lose its locks on them. */
function searchFiles(path: string): void {
  const files = [path, `${path}-wal`, `${path}-journal`].filter((file) => hasSecrets() && existsSync(file))
  if (files.length > 0) search('database file', execFileSync('cat', files, { maxBuffer: 2 ** 30 }))
}

function pathOf(source: unknown): string | undefined {
  const { name, location } = Object(source) as { name?: unknown; location?: () => unknown }
  const path = typeof source === 'string' ? source : location ? location.call(source) : name
  return typeof path === 'string' && path !== '' && path !== ':memory:' ? path : undefined
}
