// A new database is for its owner only: users' data and ids are in it as plain text. SQLite would make it readable for
// every account, and gives its write-ahead log the mode of the database.

import { closeSync, openSync } from 'node:fs'

/** Creates an empty file, which SQLite takes for a new database, unless there is one. */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    // Not even opened: closing a file gives up the locks that this process has on it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/**
 * Where the file of a path or `file:` URI is (sqlite.org/uri.html), or would be created. `undefined` when it is in
 * memory, and when the URI says that it must exist.
 */
export function findPathToCreate(pathOrUri: string): string | undefined {
  if (pathOrUri === ':memory:') return undefined
  if (!pathOrUri.startsWith('file:')) return pathOrUri
  const [, path = '', parameters] =
    /^file:(?:\/\/(?:localhost)?(?=\/))?([^?#]*)\??([^#]*)/.exec(pathOrUri) ?? []
  const mode = new URLSearchParams(parameters).get('mode')
  const isMade = path !== '' && path !== ':memory:' && (mode === null || mode === 'rwc')
  return isMade ? decodeURIComponent(path) : undefined
}
