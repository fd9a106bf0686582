-- The table of coatcheck's sessions for MySQL 8.0 and MariaDB 10.6, or later, as createSchema() of mysqlStore
-- creates it. Instants are milliseconds since 1970; text is UTF-8 in binary columns. owner is SHA-256 of the
-- realm, a line break and user_id.

create table if not exists `coatcheck_sessions` (
  `key` varbinary(255) not null primary key,
  verifier_hash varbinary(255) not null,
  previous_verifier_hash varbinary(255),
  grace_until bigint,
  handle varbinary(255) not null,
  format bigint not null,
  version bigint not null,
  commit_ids varbinary(1024) not null,
  data mediumblob not null,
  created_at bigint not null,
  authenticated_at bigint,
  rotated_at bigint,
  last_seen_at bigint not null,
  idle_timeout bigint not null,
  lifetimes varbinary(16),
  idle_expires_at bigint not null,
  ends_at bigint not null,
  user_id varbinary(768),
  owner varbinary(250),
  details varbinary(3072),
  expires_at bigint generated always as (least(idle_expires_at, ends_at)) stored,
  index by_owner (owner, ends_at, handle),
  index by_end (expires_at)
) engine = InnoDB;
