// Text travels and is kept as bytes in UTF-8. As text, it would be converted to the character set of the
// connection and back, losing what that lacks, and compared by a collation: even the binary ones of
// MySQL and MariaDB ignore trailing spaces, except for two that only one of the two knows.

import { Buffer, isUtf8 } from 'node:buffer'
import type { SqlValue } from '../../sql/row.ts'
import type { MysqlValue } from './mysql-client.ts'

/** What a statement binds: also the bytes of a damaged row, which are not text. */
export type Bound = SqlValue | Uint8Array

/** The values as they are bound. */
export function toBytes(values: readonly Bound[]): MysqlValue[] {
  return values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value))
}

/** A row with text instead of bytes, except where the bytes are not text: such a row is damaged. */
export function toTextRow(row: object): Record<string, unknown> {
  const entries = Object.entries(row).map(([column, value]: [string, unknown]) => [
    column,
    Buffer.isBuffer(value) && isUtf8(value) ? value.toString() : value,
  ])
  return Object.fromEntries(entries)
}
