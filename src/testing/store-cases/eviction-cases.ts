// A bounded store must drop somebody. That is allowed, in silence it is not: an operator who does
// not hear of evictions takes signed-out users for a bug in the application, and raises no limit.
//
// To pass: order entries by their last read, commit or touch, drop the oldest when a new one finds
// no room, and tell every listener once, each guarded by itself.

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
    // Finds notices for what is still there, notices told twice, and keys told in the place of handles.
    name: 'eviction is told by handle, once for each record given up',
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
    // Finds first in, first out: the longest-lived and most used sessions would go first.
    name: 'eviction spares a session that is in use',
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
    // Finds a listener that lives on after its manager was closed.
    name: 'an eviction listener that was stopped hears nothing more',
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
    // Finds a log that fails a login: the verb of a stranger is no place for the listener's exception.
    name: 'an eviction listener that throws fails no verb and keeps no other from hearing',
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
