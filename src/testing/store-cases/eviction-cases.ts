// A bounded store has to evict sessions, but must not do so silently: an operator who is not informed
// of evictions takes users who are suddenly logged out for a bug in the application, and never raises
// the limit.
//
// To pass: order entries by their last read, commit or touch, evict the oldest when a new one does not
// fit, and call every listener once, each in a `try` of its own.

import assert from 'node:assert/strict'
import type { EvictionNotice } from '../../contract/capabilities.ts'
import type { SessionRecord, SessionStore } from '../../contract/store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'
import { readNewest } from './process-case.ts'

/** The largest limit that a store under test may have. */
const mostRecords = 1000

/** How many of a case's own records must be evicted. Those of other cases, which may share handles, do not count. */
const wantedEvictions = 3

/** What `onEviction` promises. */
export const evictionCases: readonly StoreCase[] = [
  {
    // Catches reports of sessions that still exist, duplicate reports, and keys reported instead of
    // handles.
    name: 'each eviction is reported once, by handle',
    requires: ['onEviction'],
    async run(context) {
      const { store, now } = context
      const { created, evicted } = await fill(context)
      for (const { key, handle } of created) {
        const reports = evicted.filter((each) => each === handle)
        assert.ok(reports.length < 2, 'a handle was reported twice')
        if (reports.length === 1) assertAnswer('read', await readNewest(store, key, now), undefined)
      }
    },
  },
  {
    // Catches first in, first out: the longest-lived and most active sessions would be evicted first.
    name: 'a session in use is not evicted',
    requires: ['onEviction'],
    async run(context) {
      const { store, now, stored } = context
      const { key, handle } = await stored()
      const { evicted } = await fill(context, () => readNewest(store, key, now))
      assertHolds('read', await readNewest(store, key, now), { key })
      assert.ok(!evicted.includes(handle), 'a session in use was evicted')
    },
  },
  {
    // Catches a listener that outlives its manager, which was closed.
    name: 'a removed eviction listener is not called again',
    requires: ['onEviction'],
    async run(context) {
      let count = 0
      const stop = evictionsOf(context).onEviction(() => void (count += 1))
      stop()
      await fill(context)
      assert.equal(count, 0, `a removed listener was called ${count} times`)
    },
  },
  {
    // Catches a failing logger that makes a login fail: the session being created has nothing to do
    // with the listener's exception.
    name: 'a throwing eviction listener affects neither the verb nor other listeners',
    requires: ['onEviction'],
    async run(context) {
      const before = new Set<string>()
      const stops = [
        evictionsOf(context).onEviction((handle) => void before.add(handle)),
        evictionsOf(context).onEviction(() => {
          throw new Error('a listener threw')
        }),
      ]
      const { evicted } = await fill(context)
      for (const stop of stops) stop()
      assert.deepEqual([...before], evicted, 'not every listener was called for every eviction')
    },
  },
]

/** Stores records until a listener has been called for some of them. */
async function fill(
  context: StoreCaseContext,
  afterEach: () => unknown = () => {},
): Promise<{ created: readonly SessionRecord[]; evicted: readonly string[] }> {
  const created = new Map<string, SessionRecord>()
  const evicted: string[] = []
  const stop = evictionsOf(context).onEviction((handle) => void evicted.push(handle))
  try {
    while (evicted.filter((handle) => created.has(handle)).length < wantedEvictions) {
      assert.ok(
        created.size < mostRecords + wantedEvictions,
        `too few of ${mostRecords} records were evicted: is the limit of the store smaller?`,
      )
      const record = await context.stored()
      created.set(record.handle, record)
      await afterEach()
    }
  } finally {
    stop()
  }
  return { created: [...created.values()], evicted }
}

/** The store with the capability that the cases require. */
function evictionsOf({ store }: StoreCaseContext): EvictionNotice {
  return store as SessionStore & EvictionNotice
}
