// Enumerates sessions with SCAN, one master after another. SCAN may find more keys than were asked for, and a
// page must not have more, so the rest travels in the cursor.

import { createOptionError } from '../../options.ts'
import type { ScriptRunner } from './redis-connection.ts'
import { readTexts } from './redis-replies.ts'
import { createScript } from './redis-script.ts'

/** Where an enumeration is. */
interface Position {
  /** The address of the master to go on with; absent after the last. */
  readonly master?: string | undefined
  /** The cursor of SCAN there; `'0'` at its start. */
  readonly scan: string
  /** Keys that were found and not returned yet. */
  readonly rest: readonly string[]
}

/** Some keys, and where to go on. */
interface KeyPage {
  /** At most as many as were asked for. */
  readonly keys: readonly string[]
  /** Absent at the end. */
  readonly cursor?: string
}

/** ARGV: cursor, pattern, count. A script, because a plain SCAN may reach a replica, whose cursors differ. */
const scanScript = createScript(`return redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])`)

/**
 * The keys of one page, without the prefix that all their names share. Takes one SCAN of each master at most, so
 * that a page among a million other keys is soon there, if empty.
 */
export async function findPage(
  masters: ReadonlyMap<string, ScriptRunner>,
  prefix: string,
  cursor: string | undefined,
  limit: number,
): Promise<KeyPage> {
  const addresses = [...masters.keys()]
  const advance = async ({ master = '', scan, rest }: Position): Promise<Position> => {
    // A master that has left is passed over: the next one starts at its own beginning.
    const address = addresses.find((candidate) => candidate >= master)
    const runner = address === undefined ? undefined : masters.get(address)
    if (runner === undefined) return { scan: '0', rest }
    const from = address === master ? scan : '0'
    const reply = await runner.run(scanScript, [], [from, `${prefix}*`, String(limit)])
    const [next, names] = reply as readonly [unknown, unknown]
    const found = [...rest, ...readTexts(names).map((name) => name.slice(prefix.length))]
    const following = addresses.find((candidate) => candidate > (address ?? ''))
    return { master: String(next) === '0' ? following : address, scan: String(next), rest: found }
  }
  let position = cursor === undefined ? { master: addresses[0], scan: '0', rest: [] } : parseCursor(cursor)
  while (position.master !== undefined && position.rest.length < limit) {
    position = await advance(position)
    if (position.scan !== '0') break
  }
  const { master, scan: next, rest } = position
  const keys = rest.slice(0, limit)
  if (master === undefined && keys.length === rest.length) return { keys }
  return { keys, cursor: JSON.stringify([master ?? null, next, rest.slice(limit)]) }
}

/**
 * Reads a cursor.
 *
 * @throws {@link SessionConfigError} for one that does not come from a page.
 */
function parseCursor(cursor: string): Position {
  try {
    const [master, scan, rest]: unknown[] = JSON.parse(cursor)
    if ((master === null || typeof master === 'string') && typeof scan === 'string' && Array.isArray(rest))
      return { master: master ?? undefined, scan, rest: rest.map(String) }
  } catch {
    // Not JSON: refused like any other.
  }
  throw createOptionError('enumerate.cursor', undefined, 'the cursor of the previous page')
}
