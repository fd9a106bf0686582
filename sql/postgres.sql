-- The tables of postgresStore, for those who create tables themselves; createSchema() runs the same statements.
-- All instants are milliseconds since 1970. owner is SHA-256 of the realm, a line break and user_id. The second table
-- makes logins of one user take turns, for the limit of sessions per user.

create table if not exists "coatcheck_sessions" (
  key text collate "C" primary key,
  verifier_hash text not null,
  previous_verifier_hash text,
  grace_until bigint,
  handle text collate "C" not null,
  format bigint not null,
  version bigint not null,
  commit_ids text not null,
  data text not null,
  created_at bigint not null,
  authenticated_at bigint,
  rotated_at bigint,
  last_seen_at bigint not null,
  idle_timeout bigint not null,
  lifetimes text,
  idle_expires_at bigint not null,
  ends_at bigint not null,
  user_id text,
  owner text collate "C",
  details text,
  end_hour bigint generated always as (least(idle_expires_at, ends_at) / 3600000) stored
) with (fillfactor = 85);

create index if not exists "coatcheck_sessions_user" on "coatcheck_sessions" (owner, ends_at, handle) where owner is not null;

create index if not exists "coatcheck_sessions_end" on "coatcheck_sessions" (end_hour);

create table if not exists "coatcheck_sessions_lock" (
  bucket bigint primary key,
  logins bigint not null
) with (fillfactor = 50);
