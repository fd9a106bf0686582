// Ends sessions of a user: on request, and beyond a limit. Each verb is one statement.

import type { EndedSessions, ListPosition } from '../../contract/capabilities.ts'
import type { LimitedWrite } from '../../contract/limited-writes.ts'
import { toCommit, toRow } from '../../sql/row.ts'
import type { UserEndings } from '../../sql/sql-store.ts'
import type { RunStatement } from './postgres-driver.ts'
import { bucketOf, createLoginStatements } from './postgres-login-statements.ts'
import type { LoginRow } from './postgres-login-statements.ts'
import type { TableName } from './postgres-options.ts'
import { stepSize } from './postgres-statements.ts'
import type { PostgresStatements } from './postgres-statements.ts'

/** Before every session: none ends at 0. */
const start: ListPosition = { endsAt: 0, handle: '' }

/** The cursor of the last step. No position is like it. */
const again = 'again'

/** A row of a step: a session that it has ended, or, with how many were chosen, where the step began. */
interface StepRow {
  readonly chosen: string
  readonly ends_at: string
  readonly handle: string
}

/** The endings in a table. */
export function createUserEndings(
  run: RunStatement,
  statements: PostgresStatements,
  table: TableName,
): UserEndings {
  const logins = createLoginStatements(table)
  return {
    async deleteByHandle(owner, handle, now) {
      const rows = await run(statements.deleteByHandle, [owner, handle, now])
      return rows.some((row) => Number((row as { live: string }).live) === 1)
    },
    async deleteByUser(owner, { except = '', cursor = '' }, now) {
      const { endsAt, handle } = readCursor(cursor)
      const rows = await run(statements.deleteStep, [owner, except, now, endsAt, handle])
      return endStep(rows as readonly StepRow[], cursor)
    },
    async createWithin(record, limit, now) {
      const values = [...toRow(record), bucketOf(record.owner), toBigint(limit), now]
      return readLimitedWrite(await run(logins.createWithin, values))
    },
    async commitWithin(key, expected, change, limit, now) {
      const values = [...toCommit(key, expected, change, now), bucketOf(change.owner), toBigint(limit)]
      return readLimitedWrite(await run(logins.commitWithin, values))
    },
  }
}

/**
 * What a step has ended, and where the next one begins: where this one did, because to pass by what was just deleted
 * lets PostgreSQL mark it in the index, and later scans skip it. A commit may move the end of a session to before the
 * cursor, so the last step begins at the start again.
 */
function endStep(rows: readonly StepRow[], cursor: string): EndedSessions {
  const handles = rows.filter(({ chosen }) => chosen === '').map(({ handle }) => handle)
  const first = rows.find(({ chosen }) => chosen !== '')
  if (first !== undefined && Number(first.chosen) === stepSize)
    return { handles, cursor: `${first.ends_at} ${first.handle}` }
  return cursor === '' || cursor === again ? { handles } : { handles, cursor: again }
}

/** The position in a cursor, or the start for one without. */
function readCursor(cursor: string): ListPosition {
  const space = cursor.indexOf(' ')
  return space < 0 ? start : { endsAt: Number(cursor.slice(0, space)), handle: cursor.slice(space + 1) }
}

/** A limit that PostgreSQL can count to: `Infinity` is one, too. */
function toBigint(limit: number): number {
  return Math.min(limit, Number.MAX_SAFE_INTEGER)
}

function readLimitedWrite(rows: readonly unknown[]): LimitedWrite {
  const outcomes = rows as readonly LoginRow[]
  return {
    isWritten: outcomes.some(({ outcome }) => outcome === 'written'),
    evicted: outcomes.filter(({ outcome }) => outcome === 'evicted').map(({ handle }) => handle ?? ''),
  }
}
