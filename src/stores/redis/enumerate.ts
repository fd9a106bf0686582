// Enumerates sessions with SCAN, one master after another. SCAN may find more keys than were asked for, and a
// page must not have more, so the rest travels in the cursor.

import { createOptionError } from '../../options.ts'
import type { RedisConnection } from './connection.ts'
import { readTexts } from './replies.ts'
import { createScript } from './script.ts'

/** Where an enumeration is. */
interface Position {
  /** The address of a master. */
  readonly master: string
  /** The cursor of SCAN there; `'0'` at the start. */
  readonly scan: string
  /** Keys that were found and not returned yet. */
  readonly rest: readonly string[]
}

/** Some keys, and where to go on. */
export interface KeyPage {
  /** At most as many as were asked for. */
  readonly keys: readonly string[]
  /** Absent at the end. */
  readonly cursor?: string
}

/** ARGV: cursor, pattern, count. A script, because a plain SCAN may reach a replica, whose cursors differ. */
const scanScript = createScript(`return redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])`)

/** The keys of one page, without the part of the name that all share. */
export async function findPage(
  connection: RedisConnection,
  sessions: string,
  cursor: string | undefined,
  limit: number,
): Promise<KeyPage> {
  const masters = await connection.findMasters()
  const addresses = [...masters.keys()]
  const start: Position = { master: addresses[0] ?? '', scan: '0', rest: [] }
  const { master, scan, rest } = cursor === undefined ? start : parseCursor(cursor)
  if (rest.length > 0) return toPage({ master, scan, rest }, limit, addresses)
  // A master that has left is skipped: what it had is on those that follow, or was enumerated.
  const current = addresses.find((address) => address >= master)
  const runner = current === undefined ? undefined : masters.get(current)
  if (current === undefined || runner === undefined) return { keys: [] }
  const from = current === master ? scan : '0'
  const reply: unknown = await runner.run(scanScript, [], [from, `${sessions}*`, String(limit)])
  const [next, names] = reply as [unknown, unknown]
  const found = readTexts(names).map((name) => name.slice(sessions.length))
  return toPage({ master: current, scan: String(next), rest: found }, limit, addresses)
}

/** Takes the keys of one page out of what was found. A scan that is at `'0'` again is at its end. */
function toPage({ master, scan, rest }: Position, limit: number, addresses: readonly string[]): KeyPage {
  const keys = rest.slice(0, limit)
  const left = rest.slice(limit)
  if (scan !== '0' || left.length > 0) return { keys, cursor: JSON.stringify([master, scan, left]) }
  const next = addresses.find((address) => address > master)
  return next === undefined ? { keys } : { keys, cursor: JSON.stringify([next, '0', []]) }
}

/**
 * Reads a cursor.
 *
 * @throws {@link SessionConfigError} for one that does not come from a page.
 */
function parseCursor(cursor: string): Position {
  try {
    const [master, scan, rest]: unknown[] = JSON.parse(cursor)
    if (typeof master === 'string' && typeof scan === 'string' && Array.isArray(rest))
      return { master, scan, rest: rest.map(String) }
  } catch {
    // Not JSON: refused like any other.
  }
  throw createOptionError('enumerate.cursor', typeof cursor, 'the cursor of the previous page')
}
