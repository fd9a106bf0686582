import assert from 'node:assert/strict'
import { after } from 'node:test'
import { SessionDecodeError } from '../../src/contract/errors.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { rewrite, rowOf, setUp, typesOf } from '../core/harness.ts'
import { demandNoUnhandled } from '../support/demand-no-unhandled.ts'
import { watchPrototypes } from '../support/watch-prototypes.ts'

/** Fails a file whose tests leave a rejection unhandled or change a prototype. */
export function demandNoTraces(): void {
  demandNoUnhandled()
  after(watchPrototypes())
}

/** A signed-in user whose record holds this data. */
export async function setUpData(data: string, options: Parameters<typeof setUp>[0] = {}) {
  const set = setUp(options)
  await set.browser.visit((session) => (session.set('a', 1), session.login('anna')))
  rewrite(set.store.rows, set.clock, { data })
  set.events.length = 0
  return set
}

/** A signed-in user whose store answers reads with this. */
export async function setUpRecord(change: (record: SessionRecord) => unknown, isLate: boolean) {
  const set = setUp()
  await set.browser.visit((session) => (session.set('a', 1), session.login('anna')))
  const answer = change(rowOf(set.store.rows, set.clock)) as SessionRecord
  set.store.read = () => (isLate ? Promise.resolve(answer) : answer)
  set.events.length = 0
  return set
}

/** Every use fails with our error, the row stays as it is, the operator is told once. */
export async function demandUnreadable(
  set: Awaited<ReturnType<typeof setUpData>>,
  what: string,
): Promise<void> {
  const { browser, store, clock, events } = set
  const row = rowOf(store.rows, clock)
  const headers = await browser.visit((session) => {
    const uses = [
      () => session.get('a'),
      () => session.keys(),
      () => session.userId,
      () => session.set('b', 1),
      () => session.login('bert'),
    ]
    for (const use of uses) assert.throws(use, SessionDecodeError, what)
  })
  assert.equal(headers.setCookie, undefined)
  assert.deepEqual(typesOf(events), ['unreadable'], what)
  assert.equal(rowOf(store.rows, clock), row, what)
}

/** The same for a store that hands out what is no record: it can still be logged out of. */
export async function demandRefused(change: (record: SessionRecord) => unknown, what: string): Promise<void> {
  for (const isLate of [false, true]) {
    const set = await setUpRecord(change, isLate)
    await demandUnreadable(set, what)
    await set.browser.visit((session) => session.logout())
    assert.equal(set.store.rows.size, 0, what)
  }
}
