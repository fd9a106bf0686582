// Records are passed by value, even when the store lives in the same process. A store that keeps or
// returns its own object lets one request change what another reads, without a commit, a version or an
// event; such faults surface as one user's name on another user's page.
//
// To pass: copy on the way in, and freeze or copy on the way out. `sealRecord` in src/contract/record.ts does
// both for the built-in stores. A store behind a socket passes anyway.

import type { Capability, UserIndex } from '../../contract/capabilities.ts'
import type { Awaitable, RecordChange, SessionRecord, SessionStore } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { enumerateAll } from './enumerate-cases.ts'
import { listedOf, withoutUndefined } from './listed.ts'

/** A way in which a store returns a record, and how much of it. */
interface Way {
  readonly way: string
  readonly requires?: readonly Capability[]
  find(store: SessionStore, record: SessionRecord, now: number): Awaitable<Partial<SessionRecord> | undefined>
  expect?(record: SessionRecord): Partial<SessionRecord>
}

const ways: readonly Way[] = [
  { way: 'read', find: (store, { key }, now) => store.read(key, now) },
  {
    way: 'listByUser',
    requires: ['listByUser'],
    async find(store, { owner = '' }, now) {
      const [listed] = await (store as SessionStore & UserIndex).listByUser(owner, { limit: 10 }, now)
      return listed
    },
    expect: listedOf,
  },
  {
    way: 'enumerate',
    requires: ['enumerate'],
    find: async (store, { key }, now) => (await enumerateAll(store, 100, now)).get(key),
  },
]

/** What a store promises about objects: stored records are isolated from those of the caller. */
export const isolationCases: readonly StoreCase[] = [
  {
    // Catches a store that keeps the very object it was given.
    name: 'modifying a record passed to create does not affect the store',
    async run({ store, now, record }) {
      const passed = record()
      const before = structuredClone(passed)
      assertAnswer('create', await store.create(passed, now), true)
      modify(passed)
      assertAnswer('read', await store.read(before.key, now), before)
    },
  },
  {
    // The same for a change, and above all for its list of commit ids.
    name: 'modifying a change passed to commit does not affect the store',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const passed = change(record, { data: '"committed"' })
      const before = structuredClone(passed)
      assertAnswer('commit', await store.commit(record.key, expectationOf(record), passed, now), true)
      modify(passed)
      assertAnswer('read', await store.read(record.key, now), { ...record, ...before })
    },
  },
  ...ways.flatMap(({ way, requires, find, expect = (record) => record }): readonly StoreCase[] => [
    {
      // Catches a store that returns its own object.
      name: `modifying a record returned by ${way} does not affect the store`,
      requires,
      async run({ store, now, stored }) {
        const record = await stored({ userId: `u_${randomHex(6)}` })
        const handedOut = await find(store, record, now)
        assertFound(way, handedOut, expect(record))
        modify(handedOut as SessionRecord)
        assertFound(way, await find(store, record, now), expect(record))
        assertAnswer('read', await store.read(record.key, now), record)
      },
    },
    {
      // Catches a live view: a manager replays operations on the record it has read, which must not
      // change underneath it.
      name: `a record returned by ${way} does not change when the store does`,
      requires,
      async run({ store, now, stored, change }) {
        const record = await stored({ userId: `u_${randomHex(6)}` })
        const handedOut = await find(store, record, now)
        await store.touch(record.key, now + 5, now + 60_005, now)
        await store.commit(record.key, expectationOf(record), change(record, { data: '"later"' }), now)
        await store.delete(record.key)
        assertFound(way, handedOut, expect(record))
      },
    },
  ]),
]

/** Asserts what was returned; in a list, properties that are absent may be undefined instead. */
function assertFound(
  way: string,
  found: Partial<SessionRecord> | undefined,
  expected: Partial<SessionRecord>,
): void {
  assertAnswer(way, found && (way === 'listByUser' ? withoutUndefined(found) : found), expected)
}

/** Modifies every kind of property. `Reflect.set`, because a frozen object must not make it throw. */
function modify(value: SessionRecord | RecordChange): void {
  Reflect.set(value, 'data', '"spoiled"')
  Reflect.set(value, 'lastSeenAt', 0)
  Reflect.set(value, 'endsAt', 0)
  Reflect.set(value, 'userId', 'u_evil')
  Reflect.set(value, 'owner', 'o_evil')
  if ('commitIds' in value) Reflect.set(value.commitIds, 0, 'spoiled')
}
