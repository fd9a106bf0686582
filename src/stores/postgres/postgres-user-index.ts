// The user index of the contract, each verb one statement.

import type { EndedSessions, ListPosition, UserIndex } from '../../contract/capabilities.ts'
import type { LimitedWrite, LimitedWrites } from '../../contract/limited-writes.ts'
import { toListedRecord, toRow } from '../../sql/row.ts'
import { toCommit } from './postgres-commit-parameters.ts'
import { bucketOf, createLoginStatements } from './postgres-login-statements.ts'
import type { LoginRow } from './postgres-login-statements.ts'
import type { TableName } from './postgres-options.ts'
import type { RunStatement } from './postgres-run-statement.ts'
import { createUserStatements, stepSize } from './postgres-user-statements.ts'

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

/** Creates the user index of a table. */
export function createUserIndex(run: RunStatement, table: TableName): UserIndex & LimitedWrites {
  const statements = createUserStatements(table)
  const logins = createLoginStatements(table)
  return {
    async listByUser(owner, { limit, after = start }, now) {
      const rows = await run(statements.list, [owner, now, after.endsAt, after.handle, limit])
      return rows.map(toListedRecord)
    },
    async countByUser(owner, now) {
      const [row] = await run(statements.count, [owner, now])
      return Number((row as { live: string }).live)
    },
    async deleteByHandle(owner, handle, now) {
      const rows = await run(statements.deleteByHandle, [owner, handle, now])
      return rows.some((row) => isLiveRow(row as { live: string }))
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

function isLiveRow({ live }: { readonly live: string }): boolean {
  return Number(live) === 1
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
