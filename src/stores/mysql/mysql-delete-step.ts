// A user's sessions are removed in passes over the index, each in steps that begin where the one before it ended:
// InnoDB keeps removed entries for a while, and to begin at the first each time would read all of them again.
// A commit may move a row behind a pass. So a pass that took several steps is followed by another, until one step
// has seen all that there is, by a consistent read, which sees each row once wherever it moves.

import { Buffer } from 'node:buffer'
import type { EndedSessions, UserIndex } from '../../contract/capabilities.ts'
import type { Bound } from './mysql-bytes.ts'
import type { Executor } from './mysql-executor.ts'
import { handlesOf, mostRemoved, removeFound } from './mysql-remove-rows.ts'
import type { Statements } from './mysql-statements.ts'

type Row = Record<string, unknown>
type Step = Parameters<UserIndex['deleteByUser']>[1]

/** The cursor with which another pass begins. */
const anotherPass = 'again'

/** One step of `deleteByUser`. */
export async function deleteStep(
  executor: Executor,
  statements: Statements,
  owner: string,
  { except, cursor = anotherPass }: Step,
  now: number,
): Promise<EndedSessions> {
  const which = [owner, except ?? null]
  const limit = mostRemoved + 1
  const found =
    cursor === anotherPass
      ? await executor.select(statements.findKeys(limit), which)
      : await executor.select(statements.findKeysAfter(limit), [...which, ...fromCursor(cursor)])
  const step = found.slice(0, mostRemoved)
  const handles = handlesOf(await removeFound(executor, statements, owner, step, now))
  if (found.length > mostRemoved) return { handles, cursor: toCursor(step.at(-1)) }
  return cursor === anotherPass ? { handles } : { handles, cursor: anotherPass }
}

/** Where a step ended. A handle may be bytes that are not text. */
function toCursor(row: Row | undefined): string {
  const handle = Buffer.from((row?.['handle'] ?? '') as string | Uint8Array)
  return `${Number(row?.['ends_at'])} ${handle.toString('hex')}`
}

function fromCursor(cursor: string): Bound[] {
  const [endsAt, handle = ''] = cursor.split(' ')
  return [Number(endsAt), Number(endsAt), Buffer.from(handle, 'hex')]
}
