import assert from 'node:assert/strict'
import type { Awaitable, SessionRecord, SessionStore, UserIndex } from '../../store.ts'
import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'
import { together } from '../together.ts'

interface UserContext extends StoreCaseContext {
  readonly store: SessionStore & UserIndex
  readonly userId: string
  /** The keys of the user's sessions, as listed; also checks that the count agrees. */
  keysOf(userId: string, now?: number): Promise<string[]>
}

/** More than one page of what a database hands out at a time. */
const manySessions = 120

/** What the user index promises. */
export const userCases: readonly StoreCase[] = [
  userCase(
    'listByUser has the live records of a user, oldest first',
    async ({ store, now, userId, stored }) => {
      const second = await stored({ userId, createdAt: now - 2_000, lastSeenAt: now + 1 })
      const third = await stored({ userId, createdAt: now - 1_000, details: 'phone' })
      const first = await stored({ userId, createdAt: now - 3_000, lastSeenAt: now + 2 })
      assertAnswer('listByUser', await store.listByUser(userId, now), [first, second, third])
      assertAnswer('countByUser', await store.countByUser(userId, now), 3)
    },
  ),
  userCase('an unknown user has no sessions', async ({ store, now, userId, keysOf }) => {
    assertAnswer('listByUser', await keysOf(userId), [])
    assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 0)
  }),
  userCase(
    'a login puts the session under its user',
    async ({ store, now, userId, stored, change, keysOf }) => {
      const record = await stored()
      const login = change(record, { userId, data: '"in"' })
      await store.commit(record.key, expectationOf(record), login, now)
      assertAnswer('listByUser', await store.listByUser(userId, now), [{ ...record, ...login }])
      assertAnswer('listByUser', await keysOf(userId), [record.key])
    },
  ),
  userCase('a commit that fails moves nothing', async ({ store, now, userId, stored, change, keysOf }) => {
    const record = await stored()
    await store.commit(record.key, { version: 9, commitId: randomHex(8) }, change(record, { userId }), now)
    assertAnswer('listByUser', await keysOf(userId), [])
  }),
  userCase('a change of user moves the session', async ({ store, now, userId, stored, change, keysOf }) => {
    const record = await stored({ userId })
    const other = `${userId}-other`
    await store.commit(record.key, expectationOf(record), change(record, { userId: other }), now)
    assertAnswer('listByUser', await keysOf(userId), [])
    assertAnswer('listByUser', await keysOf(other), [record.key])
  }),
  userCase('a commit without user takes it away', async ({ store, now, userId, stored, change, keysOf }) => {
    const record = await stored({ userId })
    await store.commit(record.key, expectationOf(record), change(record, { userId: undefined }), now)
    assertAnswer('listByUser', await keysOf(userId), [])
    assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 0)
    assertHolds('read', await store.read(record.key, now), { key: record.key })
  }),
  userCase('the list shows what commits and touches left', async ({ store, now, userId, stored, change }) => {
    const record = await stored({ userId })
    const next = change(record, { data: '"new"' })
    await store.commit(record.key, expectationOf(record), next, now)
    await store.touch(record.key, now + 9, now + 60_009, now)
    const expected = { ...record, ...next, lastSeenAt: now + 9, idleExpiresAt: now + 60_009 }
    assertAnswer('listByUser', await store.listByUser(userId, now), [expected])
  }),
  userCase('delete takes the session from the list', async ({ store, userId, stored, keysOf }) => {
    const record = await stored({ userId })
    const other = await stored({ userId })
    await store.delete(record.key)
    assertAnswer('listByUser', await keysOf(userId), [other.key])
  }),
  userCase('the expired are neither listed nor counted', async ({ now, userId, stored, keysOf }) => {
    const live = await stored({ userId, idleExpiresAt: now + 30_001 })
    await stored({ userId, idleExpiresAt: now + 30_000 })
    await stored({ userId, endsAt: now + 30_000 })
    assertAnswer('listByUser', await keysOf(userId, now + 30_000), [live.key])
    const early = await keysOf(userId, now + 29_999)
    assert.equal(early.length, 3, `listByUser answered ${early.length} records, not 3`)
  }),
  userCase(
    'deleteByUser removes all and counts the live',
    async ({ store, now, userId, stored, change, keysOf }) => {
      const records = await together(Array.from({ length: manySessions }), () => stored({ userId }))
      const visitor = await stored()
      await store.commit(visitor.key, expectationOf(visitor), change(visitor, { userId }), now)
      const expired = await stored({ userId, idleExpiresAt: now + 30_000 })
      const { length } = await keysOf(userId, now + 30_000)
      assert.equal(length, manySessions + 1, `listByUser answered ${length} records, not ${manySessions + 1}`)
      assertAnswer('deleteByUser', await store.deleteByUser(userId, now + 30_000), manySessions + 1)
      for (const { key } of [...records, visitor, expired])
        assertAnswer('read', await store.read(key, now), undefined)
      assertAnswer('listByUser', await keysOf(userId), [])
      assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 0)
    },
  ),
  userCase('deleteByUser leaves others alone, the anonymous too', async ({ store, now, userId, stored }) => {
    await stored({ userId })
    const others = [await stored({ userId: `${userId}2` }), await stored()]
    assertAnswer('deleteByUser', await store.deleteByUser(userId, now), 1)
    for (const other of others) assertAnswer('read', await store.read(other.key, now), other)
  }),
  userCase('after deleteByUser no commit revives', async ({ store, now, userId, stored, change, keysOf }) => {
    const record: SessionRecord = await stored({ userId })
    await store.deleteByUser(userId, now)
    assertAnswer('commit', await store.commit(record.key, expectationOf(record), change(record), now), false)
    assertAnswer('touch', await store.touch(record.key, now + 1, now + 60_001, now), false)
    assertAnswer('listByUser', await keysOf(userId), [])
  }),
  userCase(
    'a deleteByUser among commits and touches is final',
    async ({ store, now, userId, stored, change }) => {
      const acts = [
        () => store.deleteByUser(userId, now),
        ({ key }: SessionRecord) => store.touch(key, now + 1, now + 60_001, now),
        (record: SessionRecord) => store.commit(record.key, expectationOf(record), change(record), now),
      ]
      for (let turn = 0; turn < acts.length; turn += 1) {
        const record = await stored({ userId })
        await together(
          [...acts.slice(turn), ...acts.slice(0, turn)],
          (act): Awaitable<unknown> => act(record),
        )
        assertAnswer('read', await store.read(record.key, now), undefined)
      }
    },
  ),
  userCase(
    'a session that changes its user beside deleteByUser is gone, or it is with the other user',
    async ({ store, now, userId, stored, change }) => {
      const other = `${userId}-other`
      for (const isDeleteFirst of [true, false]) {
        const record = await stored({ userId })
        const move = change(record, { userId: other })
        const commit = (): Awaitable<boolean> => store.commit(record.key, expectationOf(record), move, now)
        const remove = (): Awaitable<number> => store.deleteByUser(userId, now)
        const outcomes = await together(
          isDeleteFirst ? [remove, commit] : [commit, remove],
          (act): Awaitable<unknown> => act(),
        )
        const expected = outcomes.includes(true) ? { ...record, ...move } : undefined
        assertAnswer('read', await store.read(record.key, now), expected)
      }
    },
  ),
]

function userCase(name: string, run: (context: UserContext) => Promise<void>): StoreCase {
  return {
    name: `user index: ${name}`,
    requires: 'listByUser',
    run(context) {
      const store = context.store as SessionStore & UserIndex
      const keysOf = async (userId: string, now: number = context.now): Promise<string[]> => {
        const keys = (await store.listByUser(userId, now)).map((record) => record.key)
        assertAnswer('countByUser', await store.countByUser(userId, now), keys.length)
        return keys
      }
      return run({ ...context, store, keysOf, userId: `u_${randomHex(6)}` })
    },
  }
}
