// The columns of a sessions table: one per property of a record, named after it in snake case. Any
// tool can read such a table, and any database import it from another.

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
