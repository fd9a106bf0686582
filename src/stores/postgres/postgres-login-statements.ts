// Writes that keep a user's sessions within a limit, each one statement. docs/decisions/0030 says why that is enough.
//
// A statement sees the table as it was when it began: of two logins that begin together, neither sees the session of
// the other, and a lock inside the statement is had too late. So each login also counts up the row of its user's
// bucket, but only from the number that it has seen. Whoever waited for that row finds another number, does nothing,
// and is sent again. Whoever counts has seen every login before its own, and holds off those that follow.

import { mostEvictions } from '../../contract/record.ts'
import { columns } from '../../sql/columns.ts'
import type { SqlValue } from '../../sql/row.ts'
import type { Statement } from './postgres-driver.ts'
import type { TableName } from './postgres-options.ts'
import { quoteLockName, quoteName } from './postgres-schema.ts'
import { commitStatement, insertStatement, isLive, rowParameters } from './postgres-statements.ts'

/**
 * The statements of writes within a limit. They answer with a row `turn` when it was this login's turn, a row
 * `written` when it wrote, and a row `evicted` with its handle for each live session that it ended.
 */
export interface LoginStatements {
  /** Parameters: {@link toRow}, bucket, limit, now. */
  readonly createWithin: Statement
  /** Parameters: {@link toCommit}, bucket, limit. */
  readonly commitWithin: Statement
}

/** A row of such an answer. */
export interface LoginRow {
  readonly outcome: 'turn' | 'written' | 'evicted'
  readonly handle: string | null
}

/** Which parameter is what. */
interface Places {
  readonly key: string
  readonly owner: string
  readonly now: string
  readonly bucket: string
  readonly limit: string
}

/** The statements for a table. */
export function createLoginStatements(tableName: TableName): LoginStatements {
  const table = quoteName(tableName)
  const [bucket, limit, now] = [1, 2, 3].map((offset) => `$${columns.length + offset}`) as [
    string,
    string,
    string,
  ]
  const owner = `$${columns.indexOf('owner') + 1}`
  return {
    createWithin: limitWrite(tableName, insertStatement(table, `select ${rowParameters()} from turn`), {
      key: '$1',
      owner,
      bucket,
      limit,
      now,
    }),
    commitWithin: limitWrite(tableName, commitStatement(table, 'from turn'), {
      key: '$19',
      owner: '$17',
      now: '$22',
      bucket: '$23',
      limit: '$24',
    }),
  }
}

/** How many buckets there are: more than logins are ever under way at once, and a table of few pages. */
const buckets = 4096

/** The bucket of an owner, which is a hash in hex. */
export function bucketOf(owner: string | undefined): SqlValue {
  return Number.parseInt(owner?.slice(0, 6) ?? '', 16) % buckets || 0
}

/** Each part reads from the one before it, which makes PostgreSQL run them in this order. */
function limitWrite(
  tableName: TableName,
  write: string,
  { key, owner, now, bucket, limit }: Places,
): Statement {
  const [table, lock] = [quoteName(tableName), quoteLockName(tableName)]
  return {
    text: `with turn as (
      insert into ${lock} as seen (bucket, logins) values (${bucket}::bigint, 1)
      on conflict (bucket) do update set logins = seen.logins + 1
        where seen.logins = (select logins from ${lock} where bucket = ${bucket}::bigint)
      returning 1 as done
    ), written as (
      ${write} returning 1 as done
    ), ranked as (
      select key, row_number() over (order by last_seen_at desc, key desc) as place from ${table}
      where owner = ${owner}::text and key <> ${key}::text and ${isLive(now)}
    ), evicted as (
      delete from ${table} where coalesce(owner, '') = ${owner}::text and ${isLive(now)} and key = any(array(
        select key from ranked where place >= ${limit}::bigint and exists (select 1 from written)
        order by place desc limit ${mostEvictions}
      )) returning handle
    )
    select 'turn' as outcome, null as handle from turn
    union all select 'written', null from written
    union all select 'evicted', handle::text from evicted`,
    columns: ['outcome', 'handle'],
    isOvertaken: (rows) => !rows.some((row) => (row as LoginRow).outcome === 'turn'),
  }
}
