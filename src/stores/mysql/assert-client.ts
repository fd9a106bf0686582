// Checks the client when the store is constructed, and keeps its errors from ending the process.

import { SessionConfigError } from '../../errors.ts'
import { createClientError } from '../../options.ts'
import type { MysqlClient } from './client.ts'

/** What a client may have besides. */
interface AnyClient {
  readonly execute?: unknown
  /** Only clients of mysql2 with callbacks have it. */
  readonly promise?: unknown
  on?(event: 'error', listener: () => void): unknown
  listenerCount?(event: 'error'): number
}

/**
 * Checks that this is a client, and listens to its errors if nobody else does: an `error` event without a
 * listener ends the process, and a pool of mariadb sends one whenever it fails to connect. Statements fail with
 * the same error.
 *
 * @throws {@link SessionConfigError} saying what to pass instead.
 */
export function assertClient(client: MysqlClient): void {
  const given = client as unknown as AnyClient | null | undefined
  if (typeof given?.promise === 'function') {
    throw new SessionConfigError(
      'mysqlStore: received a client of mysql2 with callbacks; allowed is one of mysql2/promise, or its promise()',
    )
  }
  if (typeof given?.execute !== 'function') {
    throw createClientError('mysqlStore', given, 'a pool or a connection of mysql2/promise or mariadb')
  }
  if (given.listenerCount?.('error') === 0) given.on?.('error', () => {})
}
