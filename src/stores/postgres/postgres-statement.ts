// A statement, and how it names what it takes and answers.

import { columns } from '../../sql/columns.ts'
import { endOfSession } from './postgres-schema.ts'

/** A statement, and the columns of its rows: all of them text, so that no driver's types for numbers matter. */
export interface Statement {
  readonly text: string
  readonly columns: readonly string[]
  /**
   * Whether the answer says that nothing was done because another transaction came in between, so that
   * the statement must be sent again. Absent: never.
   */
  readonly isOvertaken?: (rows: readonly unknown[]) => boolean
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
export function selectAsText(selected: readonly Column[]): string {
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
export function done(text: string): Statement {
  return { text: `${text} returning '1' as done`, columns: ['done'] }
}
