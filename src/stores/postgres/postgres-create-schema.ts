// Creates what is missing, while other servers do the same.

import { describeLayout, readErrorCode } from './postgres-driver-error.ts'
import type { RunStatement } from './postgres-run-statement.ts'
import type { SchemaObject } from './postgres-schema.ts'
import type { Statement } from './postgres-statement.ts'

/**
 * What `if not exists` leaves to chance: two that create at once both find nothing, and the second fails
 * with `unique_violation` in the catalog, `duplicate_table` or `duplicate_object` (the type of the row).
 */
const races: ReadonlySet<string> = new Set(['23505', '42P07', '42710'])

/** More than enough: after a lost race the object exists. */
const mostAttempts = 5

/** The names of the columns of a table or index; no rows if there is none. Needs no right to it. */
const listColumns: Statement = {
  text: `select attname::text as name from pg_catalog.pg_attribute
    where attrelid = to_regclass($1::text) and attnum > 0 and not attisdropped`,
  columns: ['name'],
}

/**
 * Creates the objects that are missing, in order. Looks first, because `if not exists` would lock the table
 * against writers, and demand a right to create, even where everything exists.
 *
 * It throws an error that says what to do for a table without the columns that it must have.
 */
export async function createMissing(run: RunStatement, objects: readonly SchemaObject[]): Promise<void> {
  for (const object of objects) await createOne(run, object)
}

async function createOne(run: RunStatement, object: SchemaObject): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    if (await isThere(run, object)) return
    try {
      await run({ text: object.statement, columns: [] })
      return
    } catch (error) {
      if (attempt === mostAttempts || !races.has(readErrorCode(error))) throw error
    }
  }
}

async function isThere(run: RunStatement, { name, columns }: SchemaObject): Promise<boolean> {
  const rows = await run(listColumns, [name])
  const found = new Set(rows.map((row) => (row as { name: string }).name))
  const lacking = columns.filter((column) => !found.has(column))
  if (found.size > 0 && lacking.length > 0) {
    throw new Error(describeLayout(name, `it lacks ${lacking.join(', ')}`))
  }
  return found.size > 0
}
