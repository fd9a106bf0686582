// Revoking every session of a user, after a stolen phone or a changed password. It must be complete: a
// single session that stays open belongs to the thief.
//
// To pass: statements that delete a bounded number of rows with the owner as their condition, until none is left.
// With a set of keys, delete each key only while its record still names the owner.

import assert from 'node:assert/strict'
import type { EndedSessions } from '../../contract/capabilities.ts'
import type { Awaitable, SessionRecord } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf } from '../sample-record.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'
import { endAll } from './listed.ts'
import { readNewest } from './process-case.ts'
import { userCase } from './user-case.ts'

/** More than a database returns on one page by default, and fewer than a store that evicts may hold. */
const manySessions = 120

/** More than one step should remove. A store that evicts need not hold as many. */
const thousandSessions = 1_100

/** What `deleteByUser` promises: above all that it is final. */
export const userDeleteCases: readonly StoreCase[] = [
  // Catches a deletion that stops after one page, that misses a session whose user logged in later, or
  // that counts expired sessions; and a cache that still holds what was read before.
  userCase(
    'deleteByUser removes every session and names the live ones',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const records = await runConcurrently(Array.from({ length: manySessions }), () => stored({ userId }))
      const visitor = await stored()
      await store.commit(visitor.key, expectationOf(visitor), change(visitor, { userId }), now)
      const expired = await stored({ userId, idleExpiresAt: now + 30_000, endsAt: now + 40_000 })
      const { length } = await keysOf(owner, now + 30_000)
      assert.equal(length, manySessions + 1, `listByUser answered ${length} records, not ${manySessions + 1}`)
      for (const record of records.slice(0, 2))
        assertAnswer('read', await store.read(record.key, now), record)
      const live = [...records, visitor].map(({ handle }) => handle)
      assertAnswer('deleteByUser', (await endAll(store, owner, now + 30_000)).toSorted(), live.toSorted())
      for (const { key } of [...records, visitor, expired])
        assertAnswer('read', await store.read(key, now), undefined)
      assertAnswer('listByUser', await keysOf(owner), [])
      assertAnswer('deleteByUser', await endAll(store, owner, now), [])
    },
  ),
  // Catches a step that is taken for all, and a cursor that skips what comes after it.
  userCase('deleteByUser ends more sessions than one step holds', async (context) => {
    const { store, now, userId, owner, stored, keysOf } = context
    const records = await fill(context, userId, thousandSessions)
    const except = records.at(-1)
    const ended = await endAll(store, owner, now, except?.key, async () => {
      // What begins between two steps may live on or end, but must not hide another.
      if (records.length >= thousandSessions) await stored({ userId, endsAt: now + 7_200_000 })
    })
    const left = new Set(await keysOf(owner))
    for (const { key } of records) assertAnswer('listByUser', left.has(key), key === except?.key)
    const named = new Set(ended)
    for (const { handle } of records)
      assertAnswer('deleteByUser', named.has(handle), handle !== except?.handle)
    assert.equal(named.size, ended.length, 'deleteByUser named a session twice')
  }),
  // Catches a condition that is forgotten in the second step, and an exception that is counted as ended.
  userCase(
    'deleteByUser keeps the session with the key that is excepted',
    async ({ store, now, userId, owner, otherId, stored, keysOf }) => {
      const [first, kept, last] = [
        await stored({ userId }),
        await stored({ userId }),
        await stored({ userId }),
      ]
      const foreign = await stored({ userId: otherId })
      const ended = await endAll(store, owner, now, kept.key)
      assertAnswer('deleteByUser', ended.toSorted(), [first.handle, last.handle].toSorted())
      assertAnswer('read', await store.read(kept.key, now), kept)
      assertAnswer('listByUser', await keysOf(owner), [kept.key])
      assertAnswer('deleteByUser', await endAll(store, owner, now, kept.key), [])
      assertAnswer('deleteByUser', await endAll(store, owner, now, foreign.key), [kept.handle])
      assertAnswer('read', await store.read(foreign.key, now), foreign)
    },
  ),
  // Catches expired rows that are left behind for good, or reported as sessions that were ended.
  userCase(
    'deleteByUser removes expired sessions without naming them',
    async ({ store, now, userId, owner, stored, record }) => {
      const expired = await stored({ userId, idleExpiresAt: now + 30_000 })
      const over = await stored({ userId, endsAt: now + 30_000 })
      const live = await stored({ userId })
      assertAnswer('deleteByUser', await endAll(store, owner, now + 30_000), [live.handle])
      for (const { key } of [expired, over])
        assertAnswer('create', await store.create(record({ key }), now + 30_000), true)
    },
  ),
  // Catches a prefix match on the owner, and anonymous sessions treated as one user.
  userCase(
    'deleteByUser leaves other users and anonymous sessions alone',
    async ({ store, now, userId, owner, otherId, stored }) => {
      const record = await stored({ userId })
      const longer = { userId, owner: `${owner}2` }
      const others = [await stored({ userId: otherId }), await stored(longer), await stored()]
      assertAnswer('deleteByUser', await endAll(store, owner, now), [record.handle])
      for (const other of others) assertAnswer('read', await store.read(other.key, now), other)
    },
  ),
  // Catches the upsert once more: the thief's page is still open and will save something.
  userCase(
    'no commit revives a session after deleteByUser',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const record: SessionRecord = await stored({ userId })
      await endAll(store, owner, now)
      assertAnswer(
        'commit',
        await store.commit(record.key, expectationOf(record), change(record), now),
        false,
      )
      assertAnswer('touch', await store.touch(record.key, now + 1, now + 60_001, now), false)
      assertAnswer('listByUser', await keysOf(owner), [])
    },
  ),
  // Catches a list that is read first and deleted later, while a commit changes the row.
  userCase(
    'deleteByUser among parallel commits and touches is final',
    async ({ store, now, userId, owner, stored, change }) => {
      const acts = [
        () => endAll(store, owner, now),
        ({ key }: SessionRecord) => store.touch(key, now + 1, now + 60_001, now),
        (record: SessionRecord) => store.commit(record.key, expectationOf(record), change(record), now),
      ]
      // Each of the three goes first once.
      for (let turn = 0; turn < acts.length; turn += 1) {
        const record = await stored({ userId })
        await runConcurrently(
          [...acts.slice(turn), ...acts.slice(0, turn)],
          (act): Awaitable<unknown> => act(record),
        )
        assertAnswer('read', await store.read(record.key, now), undefined)
      }
    },
  ),
  // Catches a commit that moves a session out of the way of the cursor: a rotation or a new absolute end.
  userCase(
    'deleteByUser ends the sessions that parallel commits move within the list',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const records = await runConcurrently(Array.from({ length: 40 }), () => stored({ userId }))
      const acts = records.map((record, index) => (): Awaitable<boolean> => {
        const endsAt = now + (index % 2 === 0 ? 120_000 : 7_200_000)
        return store.commit(record.key, expectationOf(record), change(record, { endsAt }), now)
      })
      const remove = (): Awaitable<EndedSessions | string[]> => endAll(store, owner, now)
      await runConcurrently(
        [...acts.slice(0, 20), remove, ...acts.slice(20)],
        (act): Awaitable<unknown> => act(),
      )
      assertAnswer('listByUser', await keysOf(owner), [])
      for (const { key } of records) assertAnswer('read', await store.read(key, now), undefined)
    },
  ),
  // Catches a deletion by key of a session that belongs to another user by then, and a commit that
  // reports success for a deleted session.
  userCase(
    'a session that changes user during deleteByUser is deleted or belongs to the new user',
    async ({ store, now, userId, owner, otherId, otherOwner, stored, change, keysOf }) => {
      for (const isDeleteFirst of [true, false]) {
        const record = await stored({ userId })
        const move = change(record, { userId: otherId })
        const commit = (): Awaitable<boolean> => store.commit(record.key, expectationOf(record), move, now)
        const remove = (): Awaitable<string[]> => endAll(store, owner, now)
        const outcomes = await runConcurrently(
          isDeleteFirst ? [remove, commit] : [commit, remove],
          (act): Awaitable<unknown> => act(),
        )
        const [ended, isMoved] = isDeleteFirst ? outcomes : outcomes.toReversed()
        assertAnswer('deleteByUser', ended, isMoved === true ? [] : [record.handle])
        const expected = isMoved === true ? { ...record, ...move } : undefined
        assertAnswer('read', await store.read(record.key, now), expected)
        assertAnswer('listByUser', await keysOf(otherOwner), isMoved === true ? [record.key] : [])
        await store.delete(record.key)
      }
    },
  ),
]

/** Stores sessions of a user, as many as asked or as the store holds without evicting one. */
async function fill(
  { store, now, stored }: StoreCaseContext,
  userId: string,
  count: number,
): Promise<readonly SessionRecord[]> {
  const records: SessionRecord[] = []
  while (records.length < count) {
    const batch = await runConcurrently(Array.from({ length: 100 }), () => stored({ userId }))
    records.push(...batch)
    const [oldest] = records
    if (oldest && (await readNewest(store, oldest.key, now)) === undefined) break
  }
  const left: SessionRecord[] = []
  for (const record of records)
    if ((await readNewest(store, record.key, now)) !== undefined) left.push(record)
  return left
}
