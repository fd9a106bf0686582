// A walk over all sessions, for administrators and migrations. It may take minutes while the site
// goes on, so a page is a place in the order of keys, not an offset: an offset slips when rows
// before it go.
//
// To pass: `where key > ? order by key limit ?`, or the database's own cursor if it promises the
// same, as Redis's SCAN does. A page may be empty; only a missing cursor ends the walk.

import assert from 'node:assert/strict'
import type { Enumerable } from '../../capabilities.ts'
import type { SessionRecord, SessionStore } from '../../store.ts'
import { assertAnswer } from '../assert-answer.ts'
import type { StoreCase } from '../store-case.ts'

/** A walk that takes more is taken for one without end. */
const mostPages = 100_000

/** What `enumerate` promises. */
export const enumerateCases: readonly StoreCase[] = [
  {
    // Finds a page of expired records only that is taken for the end, and a walk that shows the dead.
    name: 'enumerate shows every live record, page by page, as read does',
    requires: ['enumerate'],
    async run({ store, now, stored }) {
      const live: SessionRecord[] = []
      const expired: SessionRecord[] = []
      for (let count = 0; count < 45; count += 1) {
        // In the middle, more of the expired than a page has room for.
        if (count >= 15 && count < 30) expired.push(await stored({ idleExpiresAt: now + 20_000 }))
        else live.push(await stored({ data: `${count}` }))
      }
      const seen = await enumerateAll(store, 4, now + 20_000)
      for (const record of live) assertAnswer('enumerate', seen.get(record.key), record)
      for (const record of expired) assertAnswer('enumerate', seen.get(record.key), undefined)
    },
  },
  {
    // Finds a cursor for a page that does not exist, and pages that overlap.
    name: 'enumerate with room for all needs one page',
    requires: ['enumerate'],
    async run({ store, now, stored }) {
      const record = await stored()
      const page = await (store as SessionStore & Enumerable).enumerate(undefined, 100_000, now)
      assert.equal(page.cursor, undefined, 'the page has a cursor')
      const count = page.records.filter(({ key }) => key === record.key).length
      assert.equal(count, 1, `the page has the record ${count} times`)
    },
  },
  {
    // Finds offsets: each deletion before the cursor would hide one living session.
    name: 'enumerate misses none that lives through the walk, whatever happens to others',
    requires: ['enumerate'],
    async run({ store, now, stored }) {
      const stayers: SessionRecord[] = []
      const leavers: SessionRecord[] = []
      for (let count = 0; count < 15; count += 1) {
        leavers.push(await stored())
        stayers.push(await stored())
      }
      const seen = await enumerateAll(store, 3, now, async () => {
        const leaver = leavers.shift()
        if (leaver !== undefined) await store.delete(leaver.key)
        if (leavers.length > 5) await stored()
        for (const record of stayers) await store.read(record.key, now)
      })
      for (const record of stayers) assertAnswer('enumerate', seen.get(record.key), record)
    },
  },
]

/** Every record that a walk shows, by key. Fails on a page that is too large and on a walk without end. */
export async function enumerateAll(
  store: SessionStore,
  limit: number,
  now: number,
  afterPage: () => Promise<void> = async () => {},
): Promise<Map<string, SessionRecord>> {
  const walker = store as SessionStore & Enumerable
  const seen = new Map<string, SessionRecord>()
  let cursor: string | undefined
  for (let count = 0; count < mostPages; count += 1) {
    const page = await walker.enumerate(cursor, limit, now)
    assert.ok(
      page.records.length <= limit,
      `a page of ${page.records.length} records, not of at most ${limit}`,
    )
    for (const record of page.records) seen.set(record.key, record)
    if (page.cursor === undefined) return seen
    cursor = page.cursor
    await afterPage()
  }
  throw new Error(`the walk found no end in ${mostPages} pages`)
}
