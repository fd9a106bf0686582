import { DatabaseSync } from 'node:sqlite'
import type { Address } from '../engine.ts'
import { account, ask } from '../mariadb.ts'
import { findPglite } from '../open-postgres.ts'
import { application, runAsAdministrator } from '../postgres.ts'

type Row = Readonly<Record<string, unknown>>

/** Runs a statement past the store, as a migration would, and gives its rows. */
export async function runSql(
  { kind, ports: [port = 0], details }: Address,
  sql: string,
): Promise<readonly Row[]> {
  if (kind === 'sqlite') {
    const database = new DatabaseSync(details?.['path'] ?? '')
    try {
      return database.prepare(sql).all()
    } finally {
      database.close()
    }
  }
  if (kind === 'pglite') return (await findPglite(details).query<Row>(sql)).rows
  if (!kind.startsWith('mysql')) return runAsAdministrator(port, application.database, sql)
  return ask(port, sql.replaceAll('coatcheck_sessions', `${account.database}.coatcheck_sessions`))
}
