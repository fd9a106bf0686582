// Only one process at a time writes to an SQLite file. A short wait for it blocks the event loop
// (`busy_timeout`), which is cheapest; a longer one must not, because it would stop every request.

import { setTimeout as wait } from 'node:timers/promises'
import type { Awaitable } from '../../contract/store.ts'

/** How often a statement is sent again. The waits between add up to a second at most. */
const maxRetries = 8

/**
 * SQLite's result code for a file that another connection has locked: nothing was written. Extended codes say
 * more in their higher bytes, such as that another process is recovering the file after a crash.
 */
const lockedCode = 5

/**
 * Runs statements at once, or some more times, with random waits that double, while another process has
 * locked the file.
 *
 * @throws the driver's error, the last one if the file stays locked.
 */
export function retryWhileLocked<Result>(run: () => Result): Awaitable<Result> {
  try {
    return run()
  } catch (error) {
    if (!isLocked(error)) throw error
    return retry(run)
  }
}

async function retry<Result>(run: () => Result): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    await wait(Math.random() * 2 ** (attempt + 1))
    try {
      return run()
    } catch (error) {
      if (!isLocked(error) || attempt === maxRetries) throw error
    }
  }
}

/** How the drivers report SQLITE_BUSY: node:sqlite as `errcode`, bun:sqlite and better-sqlite3 as `code`. */
function isLocked(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  return (
    (typeof errcode === 'number' && (errcode & 0xff) === lockedCode) ||
    (typeof code === 'string' && code.startsWith('SQLITE_BUSY'))
  )
}
