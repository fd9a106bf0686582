// The SQLite store's options. A table's name cannot be bound as a parameter, so it is held to a
// grammar that needs no quoting.

import { parseDuration } from '../../duration.ts'
import type { Duration } from '../../duration.ts'
import { readOptions, createOptionError } from '../../options.ts'

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
   * The table, made when it is missing. Letters, digits and `_`, at most 63, not a digit first.
   * @default 'coatcheck_sessions'
   */
  readonly table?: string
  /**
   * How often the manager removes what has expired, at most `'1d'`.
   * @default '10m'
   */
  readonly sweepEvery?: Duration
  /**
   * Only with a path. `'normal'` survives a crash of the process; a power failure can undo the last
   * commits, a logout among them. `'full'` survives that too and waits for the disk at each commit.
   * @default 'normal'
   */
  readonly synchronous?: 'normal' | 'full'
}

/** The options with defaults filled in and durations in milliseconds. */
export interface SqliteSettings {
  /** Checked: safe to stand in a statement. */
  readonly table: string
  /** Milliseconds. */
  readonly sweepEvery: number
  /** As SQLite's pragma of that name. */
  readonly synchronous: 'normal' | 'full'
}

const defaults = { table: 'coatcheck_sessions', sweepEvery: '10m', synchronous: 'normal' } as const
const longestSweepEvery = 86_400_000
/** A name that needs no quoting; SQLite keeps those that begin with `sqlite_` for itself. */
const tableName = /^(?!sqlite_)[A-Z_][A-Z0-9_]{0,62}$/i

/** Checks the options of a SQLite store and fills in the defaults. */
export function readSqliteOptions(options: SqliteStoreOptions, byPath: boolean): SqliteSettings {
  const own = readOptions('sqliteStore', options, Object.keys(defaults))
  const { table = defaults.table, sweepEvery = defaults.sweepEvery, synchronous = defaults.synchronous } = own
  if (typeof table !== 'string' || !tableName.test(table)) {
    throw createOptionError(
      'sqliteStore.table',
      table,
      'a name of 1 to 63 letters, digits and _, not beginning with sqlite_',
    )
  }
  if (synchronous !== 'normal' && synchronous !== 'full') {
    throw createOptionError('sqliteStore.synchronous', synchronous, "'normal' or 'full'")
  }
  if (own.synchronous !== undefined && !byPath) {
    throw createOptionError(
      'sqliteStore.synchronous',
      synchronous,
      'nothing: a database of your own keeps its settings',
    )
  }
  return {
    table,
    synchronous,
    sweepEvery: parseDuration('sqliteStore.sweepEvery', sweepEvery, longestSweepEvery),
  }
}
