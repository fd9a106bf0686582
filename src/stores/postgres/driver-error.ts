// The errors of PostgreSQL and of its drivers show what they are about: `detail` quotes a row, `where` a
// value, and postgres.js adds the values that were bound. All of that is session data.

/** `undefined_table`, and `invalid_schema_name` for the schema that it is in. */
const missing: ReadonlySet<string> = new Set(['42P01', '3F000'])

/** Data exceptions quote the value in their message, and a trigger may raise any text. */
const quoting = /^(?:22|P0)/

/** The SQLSTATE of an error of the server, or a code such as `ECONNREFUSED`; empty without one. */
export function readErrorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}

/**
 * An error with the code and the message of a driver's, and with nothing that it quotes. For a missing
 * table it says what to do, and that error is its `cause`.
 *
 * @param table - As it appears in statements.
 */
export function createStoreError(error: unknown, table: string): Error {
  const copy = copyError(error)
  if (!missing.has(readErrorCode(error))) return copy
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
  const message = error instanceof Error && !quoting.test(code) ? error.message : ''
  const copy = new Error(message || `PostgreSQL or its driver failed with ${code || 'an unknown error'}`)
  if (error instanceof Error) copy.name = error.name
  return code === '' ? copy : Object.assign(copy, { code })
}
