// The errors of PostgreSQL and of its drivers show what they are about: `detail` quotes a row, `where` a
// value, and postgres.js adds the values that were bound. All of that is session data.

/** Data exceptions quote the value in their message, and a trigger may raise any text. */
const quoting = /^(?:22|P0)/

/**
 * `serialization_failure` and `deadlock_detected`, after which the whole transaction was undone, and
 * `invalid_sql_statement_name`: the connection does not know the name of a statement any more.
 */
const unexecuted: ReadonlySet<string> = new Set(['40001', '40P01', '26000'])

/** The SQLSTATE of an error of the server, or a code such as `ECONNREFUSED`; empty without one. */
export function readErrorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}

/** Whether the server has certainly done nothing, and may do it the next time. */
export function isUnexecuted(error: unknown): boolean {
  return unexecuted.has(readErrorCode(error)) || isOutdatedPlan(error)
}

/**
 * Whether a statement with a name cannot be run under it: the table has changed since it was parsed, or the
 * connection has forgotten it. `feature_not_supported` alone could be anything, and messages are translated.
 */
export function isOutdatedPlan(error: unknown): boolean {
  const code = readErrorCode(error)
  if (code !== '0A000') return code === '26000'
  const { routine, message } = error as { routine?: unknown; message?: unknown }
  return routine === 'RevalidateCachedQuery' || /cached plan/.test(String(message))
}

/**
 * An error with the code and the message of a driver's, and with nothing that it quotes. Where the database has to be
 * changed it says how, and that error is its `cause`.
 *
 * @param name - The table, as it appears in statements.
 */
export function createStoreError(error: unknown, name: string): Error {
  const copy = copyError(error)
  const lock = name.replace(/"$/, '_lock"')
  const isAboutLock = copy.message.includes(lock.split('"').at(-2) as string)
  const remedy = describeRemedy(readErrorCode(error), isAboutLock ? lock : name)
  return remedy === undefined ? copy : new Error(remedy, { cause: copy })
}

/** What to do about an error that lasts until somebody does. */
function describeRemedy(code: string, name: string): string | undefined {
  switch (code) {
    case '42P01': // undefined_table
    case '3F000': // invalid_schema_name
      return `the table ${name} does not exist: call createSchema() of the store once, or run sql/postgres.sql`
    case '42703': // undefined_column
      return describeLayout(name, 'a column is missing')
    case '42501': // insufficient_privilege
      return `the role lacks a right on ${name}: grant select, insert, update, delete on it`
    case '25006': // read_only_sql_transaction
      return 'PostgreSQL takes no writes: it is a standby, or default_transaction_read_only is on'
    default:
      return undefined
  }
}

/**
 * What to do about a table of another layout.
 *
 * @param difference - How it was noticed.
 */
export function describeLayout(name: string, difference: string): string {
  return (
    `the table ${name} was made by another version or for something else (${difference}): drop it, which signs ` +
    'everybody out, and call createSchema() of the store, or name another one with the option table'
  )
}

/** Only name, code and message, because anything else may hold data. */
function copyError(error: unknown): Error {
  const code = readErrorCode(error)
  const message = error instanceof Error && !quoting.test(code) ? error.message : ''
  const copy = new Error(message || `PostgreSQL or its driver failed with ${code || 'an unknown error'}`)
  if (error instanceof Error) copy.name = error.name
  return code === '' ? copy : Object.assign(copy, { code })
}
