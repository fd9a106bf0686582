// The SQLite store's options. A table name cannot be bound as a parameter, so it must be a name that
// is safe in any statement.

import { day, parseDuration } from '../../duration.ts'
import type { Duration } from '../../duration.ts'
import { readOptions, createOptionError } from '../../options.ts'
import { isTableName } from '../../sql/columns.ts'

/**
 * What {@link sqliteStore} accepts.
 *
 * @example
 * ```ts
 * const options: SqliteStoreOptions = { table: 'shop_sessions', synchronous: 'full' }
 * ```
 */
export interface SqliteStoreOptions {
  /**
   * The table, created if missing. 1 to 63 letters, digits and `_`, beginning with neither a digit nor `sqlite_`.
   * @default 'coatcheck_sessions'
   */
  readonly table?: string | undefined
  /**
   * How often the manager removes expired sessions, at most `'1d'`.
   * @default '10m'
   */
  readonly sweepEvery?: Duration | undefined
  /**
   * Only with a path. `'normal'` survives a crash of the process, but a power failure can undo the
   * last commits, including a logout. `'full'` survives that too and waits for the disk at each commit.
   * @default 'normal'
   */
  readonly synchronous?: 'normal' | 'full' | undefined
}

/** The options with defaults filled in and durations in milliseconds. */
export interface SqliteSettings {
  /** Checked: safe in a statement. */
  readonly table: string
  /** Milliseconds. */
  readonly sweepEvery: number
  /** SQLite's pragma of that name. Only set when it was given: it is refused with an open database. */
  readonly synchronous: 'normal' | 'full' | undefined
}

const defaults = { table: 'coatcheck_sessions', sweepEvery: '10m', synchronous: undefined } as const
/** SQLite reserves these names. */
const reservedName = /^sqlite_/i

/**
 * Checks the options of a SQLite store and fills in the defaults.
 *
 * @throws {@link SessionConfigError} naming the option.
 */
export function readSqliteOptions(options: SqliteStoreOptions): SqliteSettings {
  const own = readOptions('sqliteStore', options, Object.keys(defaults))
  const { table = defaults.table, sweepEvery = defaults.sweepEvery, synchronous = defaults.synchronous } = own
  if (!isTableName(table) || reservedName.test(table)) {
    throw createOptionError(
      'sqliteStore.table',
      table,
      '1 to 63 letters, digits and _, not beginning with a digit or sqlite_',
    )
  }
  if (synchronous !== undefined && synchronous !== 'normal' && synchronous !== 'full') {
    throw createOptionError('sqliteStore.synchronous', synchronous, "'normal' or 'full'")
  }
  return {
    table,
    synchronous,
    sweepEvery: parseDuration('sqliteStore.sweepEvery', sweepEvery, day),
  }
}
