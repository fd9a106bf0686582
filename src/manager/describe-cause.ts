// Why a store failed, in a line of the log. A driver's message may quote what was being stored, so only what is
// known word for word is shown: an error's code, a word that Redis begins its replies with, and messages of
// drivers that are always the same. What is not in these lists is left out, not cut.

import { ownProperty } from '../own-property.ts'

/** How many errors deep a reason is followed: drivers wrap the reason why there is no connection. */
const mostCauses = 3

const code = /^[A-Z0-9_]{1,64}$/

/** Redis says these of itself, never of a value. */
const redisWords: ReadonlySet<string> = new Set([
  'ASK',
  'BUSY',
  'CLUSTERDOWN',
  'CROSSSLOT',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'MOVED',
  'NOAUTH',
  'NOPERM',
  'NOREPLICAS',
  'NOSCRIPT',
  'OOM',
  'READONLY',
  'TRYAGAIN',
  'UNBLOCKED',
  'WRONGPASS',
  'WRONGTYPE',
])

/** Whole messages, by driver. */
const messages: ReadonlySet<string> = new Set([
  // node-redis
  'The client is closed',
  'The client is offline',
  'Socket closed unexpectedly',
  'Connection timeout',
  'Disconnects client',
  'The command was aborted',
  'All the root nodes are unavailable',
  'Too many Cluster redirections',
  // ioredis
  'Connection is closed.',
  "Stream isn't writeable and enableOfflineQueue options is false",
  'Command timed out',
  'None of startup nodes is available',
  'Failed to refresh slots cache.',
  // pg
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Client was closed and is not queryable',
  'Client has encountered a connection error and is not queryable',
  'Cannot use a pool after calling end on the pool',
  // mysql2
  'Pool is closed.',
  'No connections available.',
  'Queue limit reached.',
  "Can't add new command when connection is in closed state",
  // SQLite and its drivers
  'database is not open',
  'The database connection is not open',
  'database is locked',
  'database or disk is full',
  'database disk image is malformed',
  'disk I/O error',
  'unable to open database file',
  'attempt to write a readonly database',
  'file is not a database',
])

/**
 * What may be shown of the reason of a store's failure, in brackets and after a space; empty when nothing may.
 *
 * @internal
 */
export function describeCause(error: unknown): string {
  let cause: unknown = error
  for (let depth = 0; depth < mostCauses && typeof cause === 'object' && cause !== null; depth += 1) {
    const failure = cause as { code?: unknown; message?: unknown; cause?: unknown }
    const known = [findCode(ownProperty(failure, 'code')), findReason(ownProperty(failure, 'message'))]
    const shown = known.filter((each) => each !== undefined)
    if (shown.length > 0) return ` (${shown.join(': ')})`
    cause = ownProperty(failure, 'cause')
  }
  return ''
}

function findCode(value: unknown): string | undefined {
  return typeof value === 'string' && code.test(value) ? value : undefined
}

/** The message if it is known, else the word that a reply of Redis begins with. */
function findReason(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined
  if (messages.has(message)) return message
  const [word = ''] = message.split(' ', 1)
  return redisWords.has(word) ? word : undefined
}
