// What the cases compare of a list: the properties that it shows, as read would show them.

import type { ListedRecord, ListPosition, UserIndex } from '../../contract/capabilities.ts'
import { listedOf as showListed } from '../../contract/record.ts'
import type { Awaitable, SessionRecord } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'

/** A list with more pages, or an end of all sessions with more steps, counts as endless. */
const mostSteps = 10_000

/** What a list shows of a record. */
export function listedOf(record: SessionRecord): ListedRecord {
  return withoutUndefined(showListed(record))
}

/** The same record without the properties that are undefined: a list may have either. */
export function withoutUndefined<Listed extends object>(listed: Listed): Listed {
  return Object.fromEntries(Object.entries(listed).filter(([, value]) => value !== undefined)) as Listed
}

/** All live records of an owner, page by page. Fails on a page that is too long and on an endless list. */
export async function listAll(
  store: UserIndex,
  owner: string,
  now: number,
  limit = 100,
): Promise<ListedRecord[]> {
  const listed: ListedRecord[] = []
  let after: ListPosition | undefined
  for (let count = 0; count < mostSteps; count += 1) {
    const page = await store.listByUser(owner, { limit, after }, now)
    assertAnswer('listByUser', page.length <= limit, true)
    listed.push(...page.map(withoutUndefined))
    if (page.length < limit) return listed
    after = page.at(-1)
  }
  throw new Error(`listByUser did not end within ${mostSteps} pages`)
}

/** Ends all sessions of an owner but one, step by step, and returns the handles. Fails when it does not end. */
export async function endAll(
  store: UserIndex,
  owner: string,
  now: number,
  except?: string,
  afterStep: () => Awaitable<unknown> = () => {},
): Promise<string[]> {
  const handles: string[] = []
  let cursor: string | undefined
  for (let count = 0; count < mostSteps; count += 1) {
    const ended = await store.deleteByUser(owner, { except, cursor }, now)
    handles.push(...ended.handles)
    if (ended.cursor === undefined) return handles
    cursor = ended.cursor
    await afterStep()
  }
  throw new Error(`deleteByUser did not end within ${mostSteps} steps`)
}
