import assert from 'node:assert/strict'
import type { RecordChange, SessionRecord } from '../../store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What was passed in and what was handed out stays apart from what is stored. */
export const isolationCases: readonly StoreCase[] = [
  {
    name: 'changing a record after create changes nothing in the store',
    async run({ store, now, record }) {
      const passed = record()
      const before = structuredClone(passed)
      assertAnswer('create', await store.create(passed, now), true)
      spoil(passed)
      assertAnswer('read', await store.read(before.key, now), before)
    },
  },
  {
    name: 'changing a change after commit changes nothing in the store',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const passed = change(record, { data: '"committed"' })
      const before = structuredClone(passed)
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), passed, now), true)
      spoil(passed)
      assertAnswer('read', await store.read(record.key, now), { ...record, ...before })
    },
  },
  {
    name: 'changing a record that was handed out changes nothing in the store',
    async run({ store, now, stored }) {
      const record = await stored()
      const handedOut = await store.read(record.key, now)
      assert.ok(handedOut)
      spoil(handedOut)
      assertAnswer('read', await store.read(record.key, now), record)
    },
  },
  {
    name: 'a record that was handed out stays as it was when the store moves on',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const handedOut = await store.read(record.key, now)
      await store.touch(record.key, now + 5, now + 60_005, now)
      await store.commit(record.key, expectationOf(record), change(record, { data: '"later"' }), now)
      assert.deepEqual(handedOut, record)
      await store.delete(record.key)
      assert.deepEqual(handedOut, record)
    },
  },
]

/** Frozen objects refuse, which is as good. */
function spoil(value: SessionRecord | RecordChange): void {
  Reflect.set(value, 'data', '"spoiled"')
  Reflect.set(value, 'lastSeenAt', 0)
  Reflect.set(value, 'endsAt', 0)
  Reflect.set(value, 'userId', 'u_evil')
  Reflect.set(value.commitIds, 0, 'spoiled')
}
