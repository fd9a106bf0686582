// Runs statements, again where nothing was done, and makes their errors safe to show.

import type { SqlValue } from '../../sql/row.ts'
import { createStoreError, isUnexecuted } from './driver-error.ts'
import type { Send } from './driver.ts'
import type { Statement } from './statement.ts'

/** How long a statement is sent again at most, in milliseconds: less than the manager's `timeout` by default. */
const longestRepetition = 1500

/** The bound of the first pause in milliseconds, which doubles with each attempt, and of the longest. */
const [firstPause, longestPause] = [2, 128]

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
    const end = performance.now() + longestRepetition
    for (let bound = firstPause; ; bound = Math.min(2 * bound, longestPause)) {
      try {
        return await sendOnce(send, statement, values)
      } catch (error) {
        // Random from 0 to the bound, so that those who fail together do not meet again.
        const pause = Math.random() * bound
        if (!isUnexecuted(error) || performance.now() + pause > end) throw createStoreError(error, name)
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  }
}

async function sendOnce(send: Send, statement: Statement, values: SqlValue[]): Promise<readonly unknown[]> {
  const rows = await send(statement, values)
  if (statement.isOvertaken?.(rows)) throw new OvertakenError()
  return rows
}
