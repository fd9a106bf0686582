// Creates what is missing, while other servers do the same.

import { readErrorCode } from './driver-error.ts'
import type { RunStatement } from './run-statement.ts'
import type { SchemaObject } from './schema.ts'

/**
 * What `if not exists` leaves to chance: two that create at once both find nothing, and the second fails
 * with `unique_violation` in the catalog, `duplicate_table` or `duplicate_object` (the type of the row).
 */
const races: ReadonlySet<string> = new Set(['23505', '42P07', '42710'])

/** More than enough: after a lost race the object exists. */
const mostAttempts = 5

/**
 * Creates the objects that are missing, in order. Looks first, because `if not exists` would lock the table
 * against writers, and demand a right to create, even where everything exists.
 */
export async function createMissing(run: RunStatement, objects: readonly SchemaObject[]): Promise<void> {
  for (const object of objects) await createOne(run, object)
}

async function createOne(run: RunStatement, { name, statement }: SchemaObject): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const [row] = await run({ text: 'select to_regclass($1::text) is not null as done', columns: ['done'] }, [
      name,
    ])
    if ((row as { done: unknown } | undefined)?.done === true) return
    try {
      await run({ text: statement, columns: [] })
      return
    } catch (error) {
      if (attempt === mostAttempts || !races.has(readErrorCode(error))) throw error
    }
  }
}
