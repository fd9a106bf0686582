// Whether the store would take a write, and whether the client returns what was written.

import { SessionConfigError } from '../../contract/errors.ts'
import { columns } from '../../sql/columns.ts'
import type { SqlValue } from '../../sql/row.ts'
import type { RunStatement, Statement } from './postgres-driver.ts'
import type { TableName } from './postgres-options.ts'
import { quoteLockName, quoteName } from './postgres-schema.ts'

/** Texts that a driver's options may alter, by what in them invites that; each is a column of the answer. */
const probes: Readonly<Record<string, SqlValue>> = {
  probe_spaces: ' Probe\t',
  probe_json: '["probe", {"a_b": null}]',
  probe_digits: '0012',
  probe_date: '2030-01-31T12:00:00.000Z',
  probe_empty: '',
  probe_nothing: null,
}

/** Runs the statement of {@link createPing} and checks its answer. */
export async function ping(run: RunStatement, statement: Statement): Promise<void> {
  const [row = {}] = (await run(statement, Object.values(probes))) as [Record<string, unknown>?]
  const altered = Object.keys(probes).find((name) => row[name] !== probes[name])
  if (altered === undefined) return
  throw new SessionConfigError(
    `postgresStore: received a client that alters what it returns (${altered.replace('_', ' of ')}); ` +
      'allowed is one whose options leave texts and the names of columns alone: ' +
      'types and setTypeParser of pg, types and transform of postgres.js, parsers and serializers of PGlite',
  )
}

/**
 * Every kind of write, of no row at all. PostgreSQL refuses it like any other where the transaction is read-only, on a
 * standby, and where a right is missing.
 */
export function createPing(tableName: TableName): Statement {
  const [table, lock, list] = [quoteName(tableName), quoteLockName(tableName), columns.join(', ')]
  const values = Object.keys(probes).map((name, index) => `$${index + 1}::text as ${name}`)
  return {
    text: `with inserted as (insert into ${table} (${list}) select ${list} from ${table} where false),
      updated as (update ${table} set version = version where false),
      deleted as (delete from ${table} where false),
      counted as (
        insert into ${lock} as seen (bucket, logins) select bucket, logins from ${lock} where false
        on conflict (bucket) do update set logins = seen.logins + 1
      )
      select ${values.join(', ')}`,
    columns: Object.keys(probes),
  }
}
