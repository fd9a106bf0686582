import assert from 'node:assert/strict'
import type { Awaitable } from '../../store.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

/** What holds when many ask at once. */
export const concurrencyCases: readonly StoreCase[] = [
  {
    name: 'of 50 parallel commits with the same expectation exactly one happens',
    async run({ store, now, stored, change }) {
      const record = await stored()
      const changes = Array.from({ length: 50 }, (_, index) => change(record, { data: `${index}` }))
      const outcomes = await together(changes, (next) =>
        store.commit(record.key, expectationOf(record), next, now),
      )
      const winners = changes.filter((_, index) => outcomes[index])
      assert.equal(winners.length, 1)
      assert.deepEqual(await store.read(record.key, now), { ...record, ...winners[0] })
    },
  },
  {
    name: 'of 20 parallel creates of one key exactly one happens',
    async run({ store, now, record }) {
      const first = record()
      const records = Array.from({ length: 20 }, () => record({ key: first.key }))
      const outcomes = await together(records, (candidate) => store.create(candidate, now))
      const winners = records.filter((_, index) => outcomes[index])
      assert.equal(winners.length, 1)
      assert.deepEqual(await store.read(first.key, now), winners[0])
    },
  },
  {
    name: 'of 20 parallel deletes exactly one was the one',
    async run({ store, stored }) {
      const record = await stored()
      const outcomes = await together(Array.from({ length: 20 }), () => store.delete(record.key))
      assert.equal(outcomes.filter(Boolean).length, 1)
    },
  },
  {
    name: 'a delete among parallel commits and touches is final',
    async run({ store, now, stored, change }) {
      const record = await stored()
      await together(Array.from({ length: 30 }), (_, index): Awaitable<boolean> => {
        if (index === 10) return store.delete(record.key)
        if (index % 2 === 0) return store.touch(record.key, now + index, now + 60_000 + index, now)
        return store.commit(record.key, expectationOf(record), change(record), now)
      })
      assert.equal(await store.read(record.key, now), undefined)
      assert.equal(await store.delete(record.key), false)
    },
  },
  {
    name: 'parallel touches leave the latest instants',
    async run({ store, now, stored }) {
      const record = await stored()
      const steps = [7, 3, 20, 1, 12, 19, 5]
      await together(steps, (step) => store.touch(record.key, now + step, now + 60_000 + step, now))
      const expected = { ...record, lastSeenAt: now + 20, idleExpiresAt: now + 60_020 }
      assert.deepEqual(await store.read(record.key, now), expected)
    },
  },
]

function together<Item, Result>(
  items: readonly Item[],
  act: (item: Item, index: number) => Awaitable<Result>,
): Promise<Result[]> {
  return Promise.all(items.map(async (item, index) => act(item, index)))
}
