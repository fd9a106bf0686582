// Runs statements, again where nothing was written, and makes their errors safe to show.

import type { SqlValue } from '../../sql/row.ts'
import { createStoreError, readErrorCode } from './driver-error.ts'
import type { Send } from './driver.ts'
import type { Statement } from './statements.ts'

/**
 * `serialization_failure` and `deadlock_detected`: the transaction was rolled back because of another,
 * which the default isolation level, READ COMMITTED, does not do to a single statement.
 */
const retryable: ReadonlySet<string> = new Set(['40001', '40P01'])

/** Each failure means that another transaction got on, so that a statement rarely needs the third. */
const mostAttempts = 10

/** Runs a statement and returns its rows by column name. */
export type RunStatement = (statement: Statement, values?: SqlValue[]) => Promise<readonly unknown[]>

/**
 * Creates the function that runs the statements of a store.
 *
 * It throws a `TypeError` for text that is not well-formed, which drivers alter on the way, and a copy of
 * the driver's error without what it was about.
 */
export function createRunner(send: Send, table: string): RunStatement {
  return async (statement, values = []) => {
    if (values.some((value) => typeof value === 'string' && !value.isWellFormed())) {
      throw new TypeError('PostgreSQL stores only well-formed text, without lone surrogates')
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(statement, values)
      } catch (error) {
        if (attempt < mostAttempts && retryable.has(readErrorCode(error))) continue
        throw createStoreError(error, table)
      }
    }
  }
}
