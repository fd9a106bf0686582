// The errors of PostgreSQL and of its drivers show what they are about: `detail` quotes a row, `where` a
// value, and postgres.js adds the values that were bound. All of that is session data.

/** `undefined_table`, and `invalid_schema_name` for the schema that it is in. */
const missing: readonly unknown[] = ['42P01', '3F000']

/** Data exceptions quote the value in their message, and a trigger may raise any text. */
const quoting = /^(?:22|P0)/

/** The SQLSTATE of an error of the server, or a code such as `ECONNREFUSED`. */
export function readErrorCode(error: unknown): unknown {
  return (error as { code?: unknown } | null | undefined)?.code
}

/**
 * An error with the code and the message of a driver's, and with nothing that it quotes. For a missing
 * table it says what to do, and that error is its `cause`.
 *
 * @param table - As it appears in statements.
 */
export function createStoreError(error: unknown, table: string): Error {
  const copy = copyError(error)
  if (!missing.includes(readErrorCode(error))) return copy
  return new Error(
    `the table ${table} does not exist: call createSchema() of the store once, or run sql/postgres.sql`,
    {
      cause: copy,
    },
  )
}

/** Only name, code and message, because anything else may hold data. */
function copyError(error: unknown): Error {
  const code = readErrorCode(error)
  const isQuoting = typeof code === 'string' && quoting.test(code)
  const message = error instanceof Error && !isQuoting ? error.message : ''
  const copy = new Error(
    message || `PostgreSQL or its driver failed with ${String(code ?? 'an unknown error')}`,
  )
  if (error instanceof Error) copy.name = error.name
  return code === undefined ? copy : Object.assign(copy, { code })
}
