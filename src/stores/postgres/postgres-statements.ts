// The statements of the verbs. Conditions are part of the statement that writes: under READ COMMITTED PostgreSQL waits
// for a row that another transaction is writing, and then examines the condition again on what that one has left.
// `returning` tells what was written. Writes that keep a limit: postgres-login-statements.ts.

import { columns, listedColumns } from '../../sql/columns.ts'
import type { Statements } from '../../sql/sql-store.ts'
import type { Statement } from './postgres-driver.ts'
import type { TableName } from './postgres-options.ts'
import { endOfSession, quoteName, toHour } from './postgres-schema.ts'

/** How many rows one step of `deleteByUser` removes: some 20 ms for the server, and 5 ms for this process. */
export const stepSize = 2000

/** The statements of the verbs, and those that only PostgreSQL has. */
export interface PostgresStatements extends Statements<Statement> {
  /** Deletes the rows of an owner with a handle. A row for each, with whether it was live. Owner, handle, now. */
  readonly deleteByHandle: Statement
  /**
   * Deletes a step of an owner's rows. A row with the handle of each that was deleted and live, and one, unless
   * there was nothing to delete, with how many were chosen and the place of the first. Owner, key to except, now,
   * end and handle where the step begins.
   */
  readonly deleteStep: Statement
}

/**
 * The statements for a table. A limit that is a subquery is unknown to the planner, which would otherwise read and
 * sort all rows of the user as long as it has no statistics that say how many they are.
 */
export function createStatements(tableName: TableName): PostgresStatements {
  const table = quoteName(tableName)
  const list = selectAsText(columns)
  const remove = `delete from ${table} where key = $1::text`
  const wasLive = `case when ${isLive('$3')} then 1 else 0 end`
  return {
    create: done(insertStatement(table, `values (${rowParameters()})`)),
    read: { text: `select ${list} from ${table} where key = $1::text and ${isLive('$2')}`, columns },
    commit: done(commitStatement(table)),
    touch: done(`update ${table} set last_seen_at = greatest(last_seen_at, $1::bigint),
      idle_expires_at = least(greatest(idle_expires_at, $2::bigint), ends_at)
      where key = $3::text and ${isLive('$4')}`),
    delete: done(remove),
    deleteOwned: done(`${remove} and owner is not distinct from $2::text`),
    sweep: done(sweepStatement(table)),
    enumerate: {
      text: `select ${list} from ${table} as listed where key > $1::text and ${isLive('$2')}
        order by listed.key limit $3::bigint`,
      columns,
    },
    listByUser: {
      text: `select ${selectAsText(listedColumns)} from ${table} as listed
        where owner = $1::text and (ends_at, handle) > ($2::bigint, $3::text) and ${isLive('$4')}
        order by listed.ends_at, listed.handle limit (select $5::bigint)`,
      columns: listedColumns,
    },
    countByUser: {
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
 * Inserts a row unless its key is taken.
 *
 * @param source - Where the row comes from: `values` or `select`.
 */
export function insertStatement(table: string, source: string): string {
  return `insert into ${table} (${columns.join(', ')}) ${source} on conflict (key) do nothing`
}

/**
 * Updates a row. Its parameters are those of {@link toCommit}: `$17` is the owner, `$19` the key and `$22` now.
 *
 * @param source - A `from` clause, if something else must exist as well.
 */
export function commitStatement(table: string, source = ''): string {
  return `update ${table} set
      verifier_hash = $1::text, previous_verifier_hash = $2::text, grace_until = $3::bigint,
      version = $4::bigint, commit_ids = $5::text, data = $6::text, authenticated_at = $7::bigint,
      rotated_at = $8::bigint, last_seen_at = greatest(last_seen_at, $9::bigint),
      idle_timeout = $10::bigint, lifetimes = $11::text,
      idle_expires_at = least(greatest(last_seen_at, $12::bigint) + $13::bigint, $14::bigint),
      ends_at = $15::bigint, user_id = $16::text, owner = $17::text, details = $18::text ${source}
    where key = $19::text and version = $20::bigint and starts_with(commit_ids, $21::text) and ${isLive('$22')}`
}

/**
 * Ten servers that sweep at once take different rows, and none waits for a row that is being written. Each
 * row is examined again once it is locked. An array, because PostgreSQL computes it once; a subquery it may
 * run again, past the limit.
 */
function sweepStatement(table: string): string {
  return `delete from ${table} where key = any(array(
      select key from ${table} where end_hour <= ${toHour('$1::bigint')} and ${endOfSession} <= $1::bigint
      order by end_hour limit $2::bigint for update skip locked
    ))`
}

/**
 * Deletes by key: the planner cannot use the index on the owner for an expression, as it would where it does not
 * know yet how many rows a user has. The owner is examined once more when a row is locked: what a concurrent commit
 * binds to another user is kept. What was chosen and what was deleted are not joined: without statistics the
 * planner takes both for one row, and would compare each with each.
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

type Column = (typeof columns)[number]

const numeric: ReadonlySet<Column> = new Set([
  'grace_until',
  'format',
  'version',
  'created_at',
  'authenticated_at',
  'rotated_at',
  'last_seen_at',
  'idle_timeout',
  'idle_expires_at',
  'ends_at',
])

/**
 * The columns of a record as text, whatever type they have: after a change of a type, PostgreSQL refuses to run a
 * statement that was parsed before only if its answer has changed. postgres.js then confuses the answers of statements
 * that are under way on the same connection. An `order by` must name the table, or it would sort numbers as text.
 */
function selectAsText(selected: readonly Column[]): string {
  return selected.map((column) => `${column}::text as ${column}`).join(', ')
}

/** A new row's parameters, beginning with `$1`, each with its type. */
export function rowParameters(): string {
  return columns
    .map((column, index) => `$${index + 1}::${numeric.has(column) ? 'bigint' : 'text'}`)
    .join(', ')
}

/** The opposite of `now >= end`. */
export function isLive(now: string): string {
  return `${endOfSession} > ${now}::bigint`
}

/** A statement that writes, and has a row for each row that it wrote. */
function done(text: string): Statement {
  return { text: `${text} returning '1' as done`, columns: ['done'] }
}
