// The table, in plain SQL types.

/** When a session ends, as SQL. SQLite uses the index on it only for exactly this expression. */
export const endOfSession = 'min(idle_expires_at, ends_at)'

/**
 * The statements that create the table and its indexes if they are missing. All instants are
 * milliseconds since 1970; `commit_ids` is a JSON array, newest first.
 */
export function createSchema(table: string): string {
  return `
    create table if not exists "${table}" (
      key text primary key not null,
      verifier_hash text not null,
      previous_verifier_hash text,
      grace_until integer,
      handle text not null,
      format integer not null,
      version integer not null,
      commit_ids text not null,
      data text not null,
      created_at integer not null,
      authenticated_at integer,
      last_seen_at integer not null,
      idle_timeout integer not null,
      idle_expires_at integer not null,
      ends_at integer not null,
      user_id text,
      details text
    );
    create index if not exists "${table}_user" on "${table}" (user_id, created_at) where user_id is not null;
    create index if not exists "${table}_end" on "${table}" (${endOfSession});
  `
}
