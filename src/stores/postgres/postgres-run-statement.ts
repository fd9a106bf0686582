// Runs statements, again where nothing was done, and makes their errors safe to show.

import type { SqlValue } from '../../sql/row.ts'
import { createStoreError, isUnexecuted } from './postgres-driver-error.ts'
import type { Send } from './postgres-driver.ts'
import type { Statement } from './postgres-statement.ts'

/** The bound of the first pause in milliseconds, which doubles with each attempt, and of the longest. */
const [firstPause, longestPause] = [2, 128]

/**
 * The pauses of a statement take 1.5 s at most, less than the manager's `timeout` by default. They are counted, not
 * measured: whoever waits in line for a connection has not tried meanwhile.
 */
const mostAttempts = 18

/** Runs a statement and returns its rows by column name. */
export type RunStatement = (statement: Statement, values?: SqlValue[]) => Promise<readonly unknown[]>

/** The statement found each time that another had come in between. */
class OvertakenError extends Error {
  readonly code = '40001'
  constructor() {
    super('other logins of this user came in between each time')
  }
}

/**
 * Creates the function that runs the statements of a store.
 *
 * It throws a `TypeError` for text that is not well-formed, which drivers alter on the way, and a copy of
 * the driver's error without what it was about.
 *
 * @param name - The table, as it appears in statements.
 */
export function createRunner(send: Send, name: string): RunStatement {
  return async (statement, values = []) => {
    if (values.some((value) => typeof value === 'string' && !value.isWellFormed())) {
      throw new TypeError('PostgreSQL stores only well-formed text, without lone surrogates')
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await sendOnce(send, statement, values)
      } catch (error) {
        if (attempt === mostAttempts || !isUnexecuted(error)) throw createStoreError(error, name)
        await pauseAfter(attempt)
      }
    }
  }
}

/** Waits for a random time from 0 to a bound that grows, so that those who fail together do not meet again. */
async function pauseAfter(attempt: number): Promise<void> {
  const bound = Math.min(firstPause * 2 ** (attempt - 1), longestPause)
  await new Promise((resolve) => setTimeout(resolve, Math.random() * bound))
}

async function sendOnce(send: Send, statement: Statement, values: SqlValue[]): Promise<readonly unknown[]> {
  const rows = await send(statement, values)
  if (statement.isOvertaken?.(rows)) throw new OvertakenError()
  return rows
}
