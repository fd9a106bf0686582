// A limit of sessions per user: at the limit a login ends the session that was unused for longest. The limit
// must hold however many logins arrive at once, since that is what an attacker with a stolen password does; and a
// login that does not happen must end nothing.
//
// To pass: write the record and delete the surplus in one transaction or script. In SQL, logins of one owner need
// to wait for one another, by an advisory lock or by locking the rows of the owner: two that both count first
// would both stay.

import assert from 'node:assert/strict'
import { splitLimits } from '../../contract/limited-writes.ts'
import type { LimitedWrite } from '../../contract/limited-writes.ts'
import { mostEvictions } from '../../contract/record.ts'
import type { SessionRecord } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { userCase } from './user-case.ts'
import type { UserContext } from './user-case.ts'

/** Logs a user in within a limit. */
type LogIn = (
  context: UserContext,
  given: { readonly userId?: string; readonly lastSeenAt?: number; readonly limit: number },
) => Promise<{ readonly record: SessionRecord; readonly outcome: LimitedWrite }>

/** A verb that keeps a limit. */
type Login = readonly [verb: string, logIn: LogIn]

const logins: readonly Login[] = [
  [
    'create with a limit',
    async ({ store, now, userId, record }, { limit, ...overrides }) => {
      const created = record({ userId, ...overrides })
      return { record: created, outcome: await splitLimits(store).createWithin(created, limit, now) }
    },
  ],
  [
    'commit with a limit',
    async ({ store, now, userId, stored, change }, { limit, ...overrides }) => {
      const visitor = await stored({ lastSeenAt: overrides.lastSeenAt ?? now })
      const login = change(visitor, { userId, ...overrides })
      const outcome = await splitLimits(store).commitWithin(
        visitor.key,
        expectationOf(visitor),
        login,
        limit,
        now,
      )
      return { record: { ...visitor, ...login }, outcome }
    },
  ],
]

/** Defines the same case for both verbs. */
function ofBoth(
  name: (verb: string) => string,
  run: (context: UserContext, verb: string, logIn: LogIn) => Promise<void>,
): readonly StoreCase[] {
  return logins.map(([verb, logIn]) => userCase(name(verb), (context) => run(context, verb, logIn)))
}

/** What both promise. */
const casesOfBoth: readonly StoreCase[] = [
  // Catches a verb that forgets what `create` or `commit` would have written.
  ...ofBoth(
    (verb) => `${verb} below the limit writes the record and ends nothing`,
    async (context, verb, logIn) => {
      const { store, now, owner, keysOf } = context
      const keys: string[] = []
      for (let count = 0; count < 3; count += 1) {
        const { record, outcome } = await logIn(context, { limit: 3 })
        assertAnswer(verb, outcome, { isWritten: true, evicted: [] })
        const { idleExpiresAt: _idleExpiresAt, ...written } = record
        const { idleExpiresAt: _end, ...found } = (await store.read(record.key, now)) ?? ({} as SessionRecord)
        assertAnswer('read', found, written)
        keys.push(record.key)
      }
      assertAnswer('listByUser', (await keysOf(owner)).toSorted(), keys.toSorted())
    },
  ),
  // Catches an order by creation or by end, and a new session that ends itself, as it does when its last use is
  // older than that of the others.
  ...ofBoth(
    (verb) => `${verb} ends the session that was unused for longest, and never its own`,
    async (context, verb, logIn) => {
      const { store, now, owner, userId, stored, keysOf } = context
      const used = (lastSeenAt: number, ends: number): Promise<SessionRecord> =>
        stored({
          userId,
          lastSeenAt: now - lastSeenAt,
          createdAt: now - 9_000 + lastSeenAt,
          endsAt: now + ends,
        })
      const newest = await used(100, 1_000_000)
      const oldest = await used(300, 3_000_000)
      const middle = await used(200, 2_000_000)
      const { record, outcome } = await logIn(context, { limit: 3, lastSeenAt: now - 5_000 })
      assertAnswer(verb, outcome, { isWritten: true, evicted: [oldest.handle] })
      assertAnswer('read', await store.read(oldest.key, now), undefined)
      assertAnswer(
        'listByUser',
        (await keysOf(owner)).toSorted(),
        [newest, middle, record].map(keyOf).toSorted(),
      )
    },
  ),
  // Catches an order as it was at login: the session in use every day would be the one that ends.
  ...ofBoth(
    (verb) => `${verb} goes by the last use, as touches moved it`,
    async (context, verb, logIn) => {
      const { store, now, owner, userId, stored, keysOf } = context
      const [first, second] = [
        await stored({ userId, lastSeenAt: now - 2_000 }),
        await stored({ userId, lastSeenAt: now - 1_000 }),
      ]
      assertAnswer('touch', await store.touch(first.key, now, now + 60_000, now), true)
      const { record, outcome } = await logIn(context, { limit: 2 })
      assertAnswer(verb, outcome, { isWritten: true, evicted: [second.handle] })
      assertAnswer('listByUser', (await keysOf(owner)).toSorted(), [first, record].map(keyOf).toSorted())
    },
  ),
  // Catches a store that ends one at most: the limit may have been lowered.
  ...ofBoth(
    (verb) => `${verb} within a limit of 1 ends all others`,
    async (context, verb, logIn) => {
      const { store, now, owner, userId, stored, change, keysOf } = context
      const others = [await stored({ userId }), await stored({ userId }), await stored({ userId })]
      for (const other of others) assertAnswer('read', await store.read(other.key, now), other)
      const { record, outcome } = await logIn(context, { limit: 1 })
      assertAnswer(verb, outcome.isWritten, true)
      assertAnswer(verb, outcome.evicted.toSorted(), others.map(({ handle }) => handle).toSorted())
      assertAnswer('listByUser', await keysOf(owner), [record.key])
      for (const other of others) {
        assertAnswer('read', await store.read(other.key, now), undefined)
        const isRevived = await store.commit(other.key, expectationOf(other), change(other), now)
        assertAnswer('commit', isRevived, false)
      }
    },
  ),
  // Catches a count of rows: users would lose their sessions to ones that have ended.
  ...ofBoth(
    (verb) => `${verb} counts only live sessions`,
    async (context, verb, logIn) => {
      const { now, owner, userId, stored, keysOf } = context
      const lived = { lastSeenAt: now - 100_000, createdAt: now - 100_000 }
      for (let count = 0; count < 3; count += 1) {
        await stored({ userId, ...lived, idleExpiresAt: now - 40_000 })
        await stored({ userId, ...lived, endsAt: now - 1 })
        await stored({ userId, ...lived, idleExpiresAt: now })
      }
      const live = await stored({ userId, idleExpiresAt: now + 10_000 })
      const { record, outcome } = await logIn(context, { limit: 2 })
      assertAnswer(verb, outcome, { isWritten: true, evicted: [] })
      assertAnswer('listByUser', (await keysOf(owner)).toSorted(), [live, record].map(keyOf).toSorted())
    },
  ),
  // Catches a limit for all users together, and anonymous sessions treated as one user.
  ...ofBoth(
    (verb) => `${verb} leaves other users and anonymous sessions alone`,
    async (context, _verb, logIn) => {
      const { store, now, otherId, stored } = context
      const others = [await stored({ userId: otherId }), await stored({ userId: otherId }), await stored()]
      await logIn(context, { limit: 1 })
      await logIn(context, { limit: 1 })
      for (const other of others) assertAnswer('read', await store.read(other.key, now), other)
    },
  ),
  // Catches a login that takes minutes for a user who has piled up sessions while there was no limit.
  ...ofBoth(
    (verb) => `${verb} ends at most ${mostEvictions} sessions in a step`,
    async (context, verb, logIn) => {
      const { store, now, owner, userId, stored } = context
      const ages = Array.from({ length: mostEvictions + 20 }, (_, index) => index + 1)
      const others = await runConcurrently(ages, (age) => stored({ userId, lastSeenAt: now - age }))
      const { outcome } = await logIn(context, { limit: 1 })
      const longest = others.slice(20).map(({ handle }) => handle)
      assertAnswer(verb, outcome.evicted.toSorted(), longest.toSorted())
      assertAnswer('countByUser', await store.countByUser(owner, now), 21)
      const second = await logIn(context, { limit: 1 })
      assertAnswer(verb, second.outcome.evicted.length, 21)
      assertAnswer('countByUser', await store.countByUser(owner, now), 1)
    },
  ),
  // Catches two logins that both count before either writes. With 50 of them a racy store has little chance.
  ...ofBoth(
    (verb) => `50 parallel logins by ${verb} under a limit of 3 leave exactly 3`,
    async (context, verb, logIn) => {
      const { owner, keysOf } = context
      const outcomes = await runConcurrently(Array.from({ length: 50 }), () => logIn(context, { limit: 3 }))
      for (const { outcome } of outcomes) assertAnswer(verb, outcome.isWritten, true)
      const left = await keysOf(owner)
      assert.equal(left.length, 3, `${left.length} sessions are left, not 3`)
      const ended = outcomes.map(({ record }) => record).filter(({ key }) => !left.includes(key))
      const evicted = outcomes.flatMap(({ outcome }) => outcome.evicted)
      assertAnswer(verb, evicted.toSorted(), ended.map(({ handle }) => handle).toSorted())
    },
  ),
]

/** What the user index promises about a limit of sessions. */
export const userLimitCases: readonly StoreCase[] = [
  ...casesOfBoth,
  // Catches an upsert, and an eviction that is not undone when the insertion fails.
  userCase(
    'create with a limit, of a key that is taken writes nothing and ends nothing',
    async ({ store, now, userId, record, stored }) => {
      const own = [await stored({ userId }), await stored({ userId })]
      const taken = [await stored(), await stored({ idleExpiresAt: now + 30_000 }), ...own]
      for (const { key } of taken) {
        const outcome = await splitLimits(store).createWithin(record({ key, userId }), 1, now + 30_000)
        assertAnswer('create with a limit', outcome, { isWritten: false, evicted: [] })
      }
      for (const each of taken) assertAnswer('read', await store.read(each.key, now), each)
    },
  ),
  // Catches an eviction before the condition is known to hold: a lost race would log the user out elsewhere.
  userCase(
    'commit with a limit that does not write ends nothing',
    async ({ store, now, userId, stored, record, change }) => {
      const others = [await stored({ userId }), await stored({ userId })]
      const visitor = await stored()
      const expired = await stored({ idleExpiresAt: now + 30_000 })
      const absent = record()
      const attempts = [
        [visitor, { ...expectationOf(visitor), version: 2 }],
        [visitor, { ...expectationOf(visitor), commitId: randomHex(8) }],
        [expired, expectationOf(expired)],
        [absent, expectationOf(absent)],
      ] as const
      for (const [each, expected] of attempts) {
        const login = change(each, { userId })
        const outcome = await splitLimits(store).commitWithin(each.key, expected, login, 1, now + 30_000)
        assertAnswer('commit with a limit', outcome, { isWritten: false, evicted: [] })
      }
      assertAnswer('read', await store.read(absent.key, now), undefined)
      for (const each of [...others, visitor, expired])
        assertAnswer('read', await store.read(each.key, now), each)
    },
  ),
  // Catches a second implementation of commit that forgets a rule of the first.
  userCase(
    'commit with a limit derives the instants as commit does',
    async ({ store, now, userId, stored, change }) => {
      const record = await stored({ lastSeenAt: now + 8_000 })
      const login = change(record, {
        userId,
        lastSeenAt: now + 1_000,
        idleTimeout: 50_000,
        endsAt: now + 57_000,
      })
      const outcome = await splitLimits(store).commitWithin(record.key, expectationOf(record), login, 3, now)
      assertAnswer('commit with a limit', outcome, { isWritten: true, evicted: [] })
      const expected = { ...record, ...login, lastSeenAt: now + 8_000, idleExpiresAt: now + 57_000 }
      assertAnswer('read', await store.read(record.key, now), expected)
    },
  ),
  // Catches a session of the user that counts twice, before and after the commit: logging in again would end another.
  userCase(
    'commit with a limit, of a session that the user already has counts it once',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const [record, other] = [await stored({ userId }), await stored({ userId })]
      const again = change(record, { authenticatedAt: now })
      const outcome = await splitLimits(store).commitWithin(record.key, expectationOf(record), again, 2, now)
      assertAnswer('commit with a limit', outcome, { isWritten: true, evicted: [] })
      assertAnswer('listByUser', (await keysOf(owner)).toSorted(), [record, other].map(keyOf).toSorted())
    },
  ),
  // Catches a session that stays with its former user, or counts for both.
  userCase(
    'commit with a limit moves a session to another user, whose limit counts',
    async ({ store, now, userId, owner, otherId, otherOwner, stored, change, keysOf }) => {
      const [record, kept] = [await stored({ userId }), await stored({ userId })]
      const other = await stored({ userId: otherId })
      const move = change(record, { userId: otherId })
      const outcome = await splitLimits(store).commitWithin(record.key, expectationOf(record), move, 1, now)
      assertAnswer('commit with a limit', outcome, { isWritten: true, evicted: [other.handle] })
      assertAnswer('listByUser', await keysOf(owner), [kept.key])
      assertAnswer('listByUser', await keysOf(otherOwner), [record.key])
    },
  ),
  // Catches a write that brings an evicted session back, and one that undoes the login.
  userCase('a limit holds among parallel logins, commits and touches', async (context) => {
    const { store, now, userId, owner, stored, change, keysOf } = context
    const ages = [1, 2, 3, 4, 5, 6]
    const records = await runConcurrently(ages, (age) => stored({ userId, lastSeenAt: now - age }))
    const acts = [
      ...records.map((record) => () => store.commit(record.key, expectationOf(record), change(record), now)),
      ...logins.map(
        ([, logIn]) =>
          () =>
            logIn(context, { limit: 3 }),
      ),
      // In the order of their last use still, so that it is certain whom a limit ends.
      ...records.map(
        ({ key }, index) =>
          () =>
            store.touch(key, now + 9 - index, now + 60_009 - index, now),
      ),
    ]
    const outcomes = await runConcurrently(
      [...acts, ...acts.slice(6, 8)],
      (act): Promise<unknown> => Promise.resolve(act()),
    )
    const left = await keysOf(owner)
    assert.equal(left.length, 3, `${left.length} sessions are left, not 3`)
    const logged = outcomes.filter((outcome) => typeof outcome === 'object') as Awaited<ReturnType<LogIn>>[]
    const evicted = logged.flatMap(({ outcome }) => outcome.evicted)
    const all = [...records, ...logged.map(({ record }) => record)]
    for (const { key, handle } of all) {
      assertAnswer('read', (await store.read(key, now)) !== undefined, left.includes(key))
      assertAnswer('evicted', evicted.filter((each) => each === handle).length, left.includes(key) ? 0 : 1)
    }
  }),
  // Catches a login that another login's surplus ends while it is written, and that says it was not.
  userCase(
    'exactly one of 20 parallel commits with a limit and the same expected version writes',
    async ({ store, now, userId, owner, stored, change, keysOf }) => {
      const [visitor, other] = [await stored(), await stored({ userId })]
      const changes = Array.from({ length: 20 }, (_, index) => change(visitor, { userId, data: `${index}` }))
      const outcomes = await runConcurrently(changes, (login) =>
        splitLimits(store).commitWithin(visitor.key, expectationOf(visitor), login, 1, now),
      )
      const winners = changes.filter((_, index) => outcomes[index]?.isWritten)
      assert.equal(winners.length, 1, `${winners.length} commits were written, not 1`)
      const evicted = outcomes.flatMap((outcome) => outcome.evicted)
      assertAnswer('commit with a limit', evicted, [other.handle])
      assertAnswer('read', await store.read(visitor.key, now), { ...visitor, ...winners[0] })
      assertAnswer('listByUser', await keysOf(owner), [visitor.key])
    },
  ),
]

function keyOf({ key }: SessionRecord): string {
  return key
}
