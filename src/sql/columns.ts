// The columns of a sessions table: one per property of a record, named after it in snake case. Any
// tool can read such a table, and any database import it from another. What is in them: row.ts.

/** The columns, in the order of a row. */
export const columns = [
  'key',
  'verifier_hash',
  'previous_verifier_hash',
  'grace_until',
  'handle',
  'format',
  'version',
  'commit_ids',
  'data',
  'created_at',
  'authenticated_at',
  'rotated_at',
  'last_seen_at',
  'idle_timeout',
  'lifetimes',
  'idle_expires_at',
  'ends_at',
  'user_id',
  'owner',
  'details',
] as const

/** The columns of a list: not the data, nor what opens the session or orders its commits. */
export const listedColumns: readonly (typeof columns)[number][] = columns.filter(
  (column) =>
    !['verifier_hash', 'previous_verifier_hash', 'grace_until', 'commit_ids', 'data'].includes(column),
)

/**
 * Whether a value is a name that is safe in any statement: 1 to 63 letters, digits and `_`, no digit first. A
 * table's name cannot be bound as a parameter, so it becomes part of each statement and must not break out of its
 * quotes.
 */
export function isTableName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Z_][A-Z0-9_]{0,62}$/i.test(value)
}
