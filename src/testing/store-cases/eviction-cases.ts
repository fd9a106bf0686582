// A bounded store has to evict sessions, but must not do so silently: an operator who is not informed
// of evictions takes users who are suddenly logged out for a bug in the application, and never raises
// the limit.
//
// To pass: order entries by their last read, commit or touch, evict the oldest when a new one does not
// fit, and call every listener once, each in a `try` of its own.

import assert from 'node:assert/strict'
import type { EvictionNotice } from '../../capabilities.ts'
import type { SessionRecord, SessionStore } from '../../store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** How large a bounded store under test may be. */
const mostRecords = 1000

/** A bounded store tells what it gave up. */
export const evictionCases: readonly StoreCase[] = [
  {
    // Catches reports of sessions that still exist, duplicate reports, and keys reported instead of
    // handles.
    name: 'each eviction is reported once, by handle',
    requires: ['onEviction'],
    async run(context) {
      const { store, now } = context
      const { given, heard } = await fill(context)
      assert.equal(new Set(heard).size, heard.length, 'a handle was told twice')
      for (const { key, handle } of given) {
        if (heard.includes(handle)) assertAnswer('read', await store.read(key, now), undefined)
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
      const { heard } = await fill(context, () => store.read(key, now))
      assertHolds('read', await store.read(key, now), { key })
      assert.ok(!heard.includes(handle), 'a session in use was given up')
    },
  },
  {
    // Catches a listener that outlives its manager, which was closed.
    name: 'a removed eviction listener is not called again',
    requires: ['onEviction'],
    async run(context) {
      let count = 0
      const stop = noticesOf(context).onEviction(() => void (count += 1))
      stop()
      await fill(context)
      assert.equal(count, 0, `a stopped listener heard of ${count} evictions`)
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
        noticesOf(context).onEviction((handle) => void before.add(handle)),
        noticesOf(context).onEviction(() => {
          throw new Error('a listener threw')
        }),
      ]
      const { heard } = await fill(context)
      for (const stop of stops) stop()
      assert.deepEqual([...before], heard, 'not every listener heard of every eviction')
    },
  },
]

/** Stores records until three of them were given up, as a listener hears. */
async function fill(
  context: StoreCaseContext,
  afterEach: () => unknown = () => {},
): Promise<{ given: readonly SessionRecord[]; heard: readonly string[] }> {
  const given = new Map<string, SessionRecord>()
  const heard: string[] = []
  const stop = noticesOf(context).onEviction((handle) => void heard.push(handle))
  try {
    while (heard.filter((handle) => given.has(handle)).length < 3) {
      assert.ok(
        given.size < mostRecords,
        `no handle of ${mostRecords} records was told: is the store smaller?`,
      )
      const record = await context.stored()
      given.set(record.handle, record)
      await afterEach()
    }
  } finally {
    stop()
  }
  return { given: [...given.values()], heard }
}

function noticesOf({ store }: StoreCaseContext): EvictionNotice {
  return store as SessionStore & EvictionNotice
}
