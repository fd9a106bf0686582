// The PostgreSQL store's options.

import { day, parseDuration } from '../../duration.ts'
import type { Duration } from '../../duration.ts'
import { createOptionError, readOptions } from '../../options.ts'
import { isTableName } from '../../sql/columns.ts'

/**
 * What {@link postgresStore} accepts.
 *
 * @example
 * ```ts
 * const options: PostgresStoreOptions = { table: 'app.sessions', sweepEvery: '1h' }
 * ```
 */
export interface PostgresStoreOptions {
  /**
   * The table, optionally with its schema: 1 to 58 letters, digits and `_`, not beginning with a digit.
   * Case matters. Without a schema, `search_path` decides.
   * @default 'coatcheck_sessions'
   */
  readonly table?: string | undefined
  /**
   * How often the manager removes expired sessions, at most `'1d'`.
   * @default '10m'
   */
  readonly sweepEvery?: Duration | undefined
  /**
   * Whether statements get names, so that each connection parses and plans them once. Not with PGlite, nor
   * through a pooler that gives each statement to another connection, unless it follows names.
   * @default what postgres.js was told by its option of that name (true unless you say otherwise); else false
   */
  readonly prepare?: boolean | undefined
}

/** The table's name and where it is, checked to be safe in a statement. */
export interface TableName {
  /** Absent: the first schema of `search_path` that has the table. */
  readonly schema: string | undefined
  readonly name: string
}

/** The options with defaults filled in and durations in milliseconds. */
export interface PostgresSettings {
  readonly table: TableName
  /** Milliseconds. */
  readonly sweepEvery: number
  /** Only set when it was given. */
  readonly prepare: boolean | undefined
}

const defaults = { table: 'coatcheck_sessions', sweepEvery: '10m', prepare: undefined } as const

/** PostgreSQL cuts names after 63 bytes, and what belongs to the table has a name that is five longer. */
const longestName = 58

/**
 * Checks the options of a PostgreSQL store and fills in the defaults.
 *
 * @throws {@link SessionConfigError} naming the option.
 */
export function readPostgresOptions(options: PostgresStoreOptions): PostgresSettings {
  const own = readOptions('postgresStore', options, Object.keys(defaults))
  const { table = defaults.table, sweepEvery = defaults.sweepEvery, prepare = defaults.prepare } = own
  if (prepare !== undefined && typeof prepare !== 'boolean')
    throw createOptionError('postgresStore.prepare', prepare, 'true or false')
  return {
    table: readTableName(table),
    prepare,
    sweepEvery: parseDuration('postgresStore.sweepEvery', sweepEvery, day),
  }
}

/** Splits `schema.table`. */
function readTableName(table: unknown): TableName {
  const parts = typeof table === 'string' ? table.split('.') : []
  const [name = '', schema, ...more] = parts.toReversed()
  const isSafe = parts.every(isTableName) && more.length === 0
  if (!isSafe || name === '' || name.length > longestName) {
    throw createOptionError(
      'postgresStore.table',
      table,
      `1 to ${longestName} letters, digits and _, not beginning with a digit, optionally after a schema and a dot`,
    )
  }
  return { schema, name }
}
