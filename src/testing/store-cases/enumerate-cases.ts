// Enumeration of all sessions serves administrators and migrations. It may take minutes while the site
// keeps running, so the cursor is a position in the order of keys, not an offset: an offset shifts when
// earlier rows are deleted.
//
// To pass: `where key > ? order by key limit ?`, or the database's own cursor if it gives the same
// guarantee, as Redis's SCAN does. A page may be empty; only a missing cursor ends the enumeration.

import assert from 'node:assert/strict'
import type { Enumerable } from '../../contract/capabilities.ts'
import type { SessionRecord, SessionStore } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import type { StoreCase } from '../store-case.ts'

/** An enumeration with more pages counts as endless. */
const mostPages = 100_000

/** What `enumerate` promises. */
export const enumerateCases: readonly StoreCase[] = [
  {
    // Catches a page of expired records that is mistaken for the last one, and expired records in the
    // result.
    name: 'enumerate returns every live record, page by page, as read does',
    requires: ['enumerate'],
    async run({ store, now, stored }) {
      const live: SessionRecord[] = []
      const expired: SessionRecord[] = []
      for (let count = 0; count < 45; count += 1) {
        // In the middle, more expired records than fit on a page.
        if (count >= 15 && count < 30) expired.push(await stored({ idleExpiresAt: now + 20_000 }))
        else live.push(await stored({ data: `${count}` }))
      }
      const seen = await enumerateAll(store, 4, now + 20_000)
      for (const record of live) assertAnswer('enumerate', seen.get(record.key), record)
      for (const record of expired) assertAnswer('enumerate', seen.get(record.key), undefined)
    },
  },
  {
    // Catches a cursor to a page that does not exist, and a record returned twice.
    name: 'enumerate returns a single page when all records fit',
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
    // Catches offsets: each deletion before the cursor would hide one live session.
    name: 'enumerate misses no record that exists throughout, whatever happens to others',
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

/** All enumerated records, by key. Fails on a page that is too large and on an endless enumeration. */
export async function enumerateAll(
  store: SessionStore,
  limit: number,
  now: number,
  afterPage: () => Promise<void> = async () => {},
): Promise<Map<string, SessionRecord>> {
  const enumerable = store as SessionStore & Enumerable
  const seen = new Map<string, SessionRecord>()
  let cursor: string | undefined
  for (let count = 0; count < mostPages; count += 1) {
    const page = await enumerable.enumerate(cursor, limit, now)
    assert.ok(
      page.records.length <= limit,
      `a page of ${page.records.length} records, not of at most ${limit}`,
    )
    for (const record of page.records) seen.set(record.key, record)
    if (page.cursor === undefined) return seen
    cursor = page.cursor
    await afterPage()
  }
  throw new Error(`enumerate did not end within ${mostPages} pages`)
}
