// Whether a write would succeed can only be told by one: a file may be read-only, `query_only` be set, rights be
// missing, or the disk be full, which shows when pages are really written.

import { recordFormat } from '../../contract/record.ts'
import { toRow } from '../../sql/row.ts'
import { runAtomically } from './sqlite-client.ts'
import type { Connection } from './sqlite-connection.ts'

/** As much as the data of a session may be by default, in characters. */
const dataLength = 65_536

/** A session that has ended, for a transaction that an application has begun and whose reads would see it. */
const record = {
  key: 'coatcheck-ping',
  verifierHash: '',
  handle: '',
  format: recordFormat,
  version: 1,
  commitIds: [],
  createdAt: 0,
  lastSeenAt: 0,
  idleTimeout: 0,
  idleExpiresAt: 0,
  endsAt: 0,
}

/**
 * Inserts a large row and deletes it, in one transaction. SQLite writes the pages that both have touched to the disk.
 *
 * @throws the driver's error when a write would fail.
 */
export function ping({ database, statements }: Connection): void {
  const row = toRow({ ...record, data: '.'.repeat(dataLength) })
  runAtomically(database, () => {
    statements.create.all(...row)
    statements.delete.all(record.key)
  })
}
