// What finds and ends the sessions of a user, as SQL. All of it goes by the index on owner, end and handle.

import { listedColumns } from '../../sql/columns.ts'
import type { TableName } from './postgres-options.ts'
import { quoteName } from './postgres-schema.ts'
import { isLive, selectAsText } from './postgres-statement.ts'
import type { Statement } from './postgres-statement.ts'

/** How many rows one step of `deleteByUser` removes: some 20 ms for the server, and 5 ms for this process. */
export const stepSize = 2000

/** One statement for each verb of the index. */
export interface UserStatements {
  /** A page of live rows, without their data. Owner, now, end and handle after which it begins, limit. */
  readonly list: Statement
  /** One row with the number of live rows. Owner, now. */
  readonly count: Statement
  /** Deletes the rows with a handle. A row for each, with whether it was live. Owner, handle, now. */
  readonly deleteByHandle: Statement
  /**
   * Deletes a step of rows. A row with the handle of each that was deleted and live, and one, unless there was nothing
   * to delete, with how many were chosen and the place of the first. Owner, key to except, now, end and handle where
   * the step begins.
   */
  readonly deleteStep: Statement
}

/**
 * The statements of the index for a table. A limit that is a subquery is unknown to the planner, which would otherwise
 * read and sort all rows of the user as long as it has no statistics that say how many they are.
 */
export function createUserStatements(tableName: TableName): UserStatements {
  const table = quoteName(tableName)
  const wasLive = `case when ${isLive('$3')} then 1 else 0 end`
  return {
    list: {
      text: `select ${selectAsText(listedColumns)} from ${table} as listed
        where owner = $1::text and ${isLive('$2')} and (ends_at, handle) > ($3::bigint, $4::text)
        order by listed.ends_at, listed.handle limit (select $5::bigint)`,
      columns: listedColumns,
    },
    count: {
      text: `select count(*)::text as live from ${table} where owner = $1::text and ${isLive('$2')}`,
      columns: ['live'],
    },
    deleteByHandle: {
      text: `delete from ${table} where owner = $1::text and handle = $2::text returning (${wasLive})::text as live`,
      columns: ['live'],
    },
    deleteStep: { text: deleteStepStatement(table, wasLive), columns: ['chosen', 'ends_at', 'handle'] },
  }
}

/**
 * Deletes by key: the planner cannot use the index on the owner for an expression, as it would where it does not know
 * yet how many rows a user has. The owner is examined once more when a row is locked: what a concurrent commit binds
 * to another user is kept. What was chosen and what was deleted are not joined: without statistics the planner takes both
 * for one row, and would compare each with each.
 */
function deleteStepStatement(table: string, wasLive: string): string {
  return `with step as materialized (
      select key, ends_at, handle from ${table}
      where owner = $1::text and key <> $2::text and (ends_at, handle) >= ($4::bigint, $5::text)
      order by ends_at, handle limit (select ${stepSize}::bigint)
    ), ended as (
      delete from ${table} where key = any(array(select key from step)) and coalesce(owner, '') = $1::text
      returning handle, ${wasLive} as live
    )
    select '' as chosen, '' as ends_at, handle::text as handle from ended where live = 1
    union all
    (select (select count(*) from step)::text, ends_at::text, handle::text from step
      order by step.ends_at, step.handle limit 1)`
}
