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
  'last_seen_at',
  'idle_timeout',
  'idle_expires_at',
  'ends_at',
  'user_id',
  'details',
] as const
