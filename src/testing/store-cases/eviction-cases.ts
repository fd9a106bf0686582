import assert from 'node:assert/strict'
import type { EvictionNotice, SessionStore } from '../../store.ts'
import { assertAnswer } from '../assert-answer.ts'
import type { StoreCase } from '../store-case.ts'

const mostRecords = 1000

/** A bounded store tells what it gave up. */
export const evictionCases: readonly StoreCase[] = [
  {
    name: 'eviction is told by handle, once for each record given up',
    requires: 'onEviction',
    async run({ store, now, stored }) {
      const evicted: string[] = []
      const keys = new Map<string, string>()
      const stop = (store as SessionStore & EvictionNotice).onEviction((handle) => void evicted.push(handle))
      while (evicted.length < 3 && keys.size < mostRecords) {
        const record = await stored()
        keys.set(record.handle, record.key)
      }
      stop()
      assert.ok(evicted.length >= 3, `nothing evicted in ${mostRecords} records: run it on a smaller store`)
      assert.equal(new Set(evicted).size, evicted.length)
      for (const [handle, key] of keys) {
        if (evicted.includes(handle)) assertAnswer('read', await store.read(key, now), undefined)
      }
    },
  },
  {
    name: 'an eviction listener that was stopped hears nothing more',
    requires: 'onEviction',
    async run({ store, stored }) {
      const notices = store as SessionStore & EvictionNotice
      const heard = { stopped: 0, other: 0 }
      const stop = notices.onEviction(() => void (heard.stopped += 1))
      const stopOther = notices.onEviction(() => void (heard.other += 1))
      stop()
      for (let count = 0; count < mostRecords && heard.other === 0; count += 1) await stored()
      stopOther()
      assert.deepEqual(heard, { stopped: 0, other: 1 })
    },
  },
]
