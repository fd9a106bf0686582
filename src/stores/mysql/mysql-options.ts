// The MySQL store's options. A table name cannot be bound as a parameter, so it must be a name that is
// safe in any statement.

import { day, parseDuration } from '../../duration.ts'
import type { Duration } from '../../duration.ts'
import { createOptionError, readOptions } from '../../options.ts'
import { isTableName } from '../../sql/columns.ts'

/**
 * What {@link mysqlStore} accepts.
 *
 * @example
 * ```ts
 * const options: MysqlStoreOptions = { table: 'shop.web_sessions', sweepEvery: '1h' }
 * ```
 */
export interface MysqlStoreOptions {
  /**
   * The table, if need be as `database.table`: each part 1 to 63 letters, digits and `_`, not beginning with
   * a digit. {@link MysqlStore.createSchema} creates it.
   * @default 'coatcheck_sessions'
   */
  readonly table?: string | undefined
  /**
   * How often the manager removes expired sessions, at most `'1d'`.
   * @default '10m'
   */
  readonly sweepEvery?: Duration | undefined
}

/** The options with defaults filled in and durations in milliseconds. */
export interface MysqlSettings {
  /** Checked: safe in a statement once it is quoted. */
  readonly table: string
  /** Milliseconds. */
  readonly sweepEvery: number
}

const defaults = { table: 'coatcheck_sessions', sweepEvery: '10m' } as const

/**
 * Checks the options of a MySQL store and fills in the defaults.
 *
 * @throws {@link SessionConfigError} naming the option.
 */
export function readMysqlOptions(options: MysqlStoreOptions): MysqlSettings {
  const own = readOptions('mysqlStore', options, Object.keys(defaults))
  const { table = defaults.table, sweepEvery = defaults.sweepEvery } = own
  const parts = typeof table === 'string' ? table.split('.') : []
  if (parts.length < 1 || parts.length > 2 || !parts.every(isTableName)) {
    throw createOptionError(
      'mysqlStore.table',
      table,
      'table or database.table, each 1 to 63 letters, digits and _, not beginning with a digit',
    )
  }
  return { table, sweepEvery: parseDuration('mysqlStore.sweepEvery', sweepEvery, day) }
}
