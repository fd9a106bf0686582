// A user index in the memory of one process, or an enumeration over a cached list of keys, is correct
// until there is a second process. That must not come to light when a user tries to revoke a stolen
// device.
//
// To pass: keep the index where the records are, and write both in one step. Where that is impossible,
// add to the index before the record and remove from it after the record: too many entries are allowed,
// too few are not.

import type { Enumerable, UserIndex } from '../../contract/capabilities.ts'
import { splitLimits } from '../../contract/limited-writes.ts'
import type { Awaitable, SessionRecord, SessionStore } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { runConcurrently } from '../run-concurrently.ts'
import { expectationOf, randomHex, sampleOwner } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'
import { enumerateAll } from './enumerate-cases.ts'
import { endAll, listAll, listedOf } from './listed.ts'
import { processCase, readNewest } from './process-case.ts'

/** What a store finds of sessions that another process created, changed or deleted. */
export const processIndexCases: readonly StoreCase[] = [
  // Catches an index that contains only what this process wrote: logins on the other server could not
  // be revoked.
  processCase(
    'the sessions of a user are listed, counted and deleted wherever they were created',
    async ({ store, peer, now, record, change }) => {
      for (const [writer, reader] of bothWays<UserIndex>(store, peer)) {
        const userId = `u_${randomHex(6)}`
        const owner = sampleOwner(userId)
        const assertBoth = async (expected: readonly SessionRecord[]): Promise<void> => {
          for (const each of [writer, reader]) {
            assertAnswer('listByUser', await listAll(each, owner, now), expected.map(listedOf))
            assertAnswer('countByUser', await each.countByUser(owner, now), expected.length)
          }
        }
        await assertBoth([])
        const begun = record({ userId, endsAt: now + 1_800_000 })
        const visitor = record()
        for (const each of [begun, visitor]) assertAnswer('create', await writer.create(each, now), true)
        await assertBoth([begun])
        const login = change(visitor, { userId })
        const isIn = await writer.commit(visitor.key, expectationOf(visitor), login, now)
        assertAnswer('commit', isIn, true)
        const user = { ...visitor, ...login }
        await assertBoth([begun, user])
        assertAnswer('delete', await writer.delete(begun.key), true)
        await assertBoth([user])
        assertAnswer('deleteByUser', await endAll(reader, owner, now), [visitor.handle])
        await assertBoth([])
        assertAnswer('read', await readNewest(writer, visitor.key, now), undefined)
      }
    },
    ['listByUser'],
  ),
  // Catches a commit of another process that comes between the list and the deletion.
  processCase(
    'deleteByUser is final',
    async ({ store, peer, now, stored, change }) => {
      const index = peer as SessionStore & UserIndex
      for (let round = 0; round < 10; round += 1) {
        const userId = `u_${randomHex(6)}`
        const owner = sampleOwner(userId)
        const record = await stored({ userId })
        const acts = [
          () => endAll(index, owner, now),
          () => store.commit(record.key, expectationOf(record), change(record), now),
          () => store.touch(record.key, now + 9, now + 60_009, now),
        ]
        await runConcurrently(acts, (act): Awaitable<unknown> => act())
        assertAnswer('read', await readNewest(store, record.key, now), undefined)
        assertAnswer('listByUser', await listAll(index, owner, now), [])
      }
    },
    ['listByUser'],
  ),
  // Catches a handle that is looked up in what this process wrote, and a deletion that is not final.
  processCase(
    'deleteByHandle ends a session wherever it was created',
    async ({ store, peer, now, record, change }) => {
      for (const [writer, reader] of bothWays<UserIndex>(store, peer)) {
        const userId = `u_${randomHex(6)}`
        const begun = record({ userId })
        assertAnswer('create', await writer.create(begun, now), true)
        const acts = [
          () => reader.deleteByHandle(sampleOwner(userId), begun.handle, now),
          () => writer.commit(begun.key, expectationOf(begun), change(begun), now),
          () => writer.touch(begun.key, now + 9, now + 60_009, now),
        ]
        const [isDeleted] = await runConcurrently(acts, (act) => act())
        assertAnswer('deleteByHandle', isDeleted, true)
        assertAnswer('read', await readNewest(writer, begun.key, now), undefined)
      }
    },
    ['listByUser'],
  ),
  // Catches a lock, or a count, that only this process sees.
  processCase(
    '50 parallel logins of a user under a limit of 3 leave exactly 3',
    async ({ store, peer, now, record, change }) => {
      const [one, other] = [store as SessionStore & UserIndex, peer as SessionStore & UserIndex]
      const userId = `u_${randomHex(6)}`
      const outcomes = await runConcurrently(Array.from({ length: 50 }), async (_, index) => {
        const server = index % 2 === 0 ? one : other
        if (index % 4 < 2) return splitLimits(server).createWithin(record({ userId }), 3, now)
        const visitor = record()
        assertAnswer('create', await server.create(visitor, now), true)
        const login = change(visitor, { userId })
        return splitLimits(server).commitWithin(visitor.key, expectationOf(visitor), login, 3, now)
      })
      for (const { isWritten } of outcomes) assertAnswer('isWritten', isWritten, true)
      const evicted = new Set(outcomes.flatMap((outcome) => outcome.evicted))
      assertAnswer('evicted', evicted.size, 47)
      for (const each of [one, other])
        assertAnswer('countByUser', await each.countByUser(sampleOwner(userId), now), 3)
    },
    ['listByUser'],
  ),
  // Catches an enumeration of what this process has cached.
  processCase(
    'enumerate returns every live record, wherever it was created',
    async ({ store, peer, now, record }) => {
      for (const [writer, reader] of bothWays<Enumerable>(store, peer)) {
        const stayer = record()
        const leaver = record()
        for (const each of [stayer, leaver]) assertAnswer('create', await writer.create(each, now), true)
        assertAnswer('enumerate', (await enumerateAll(reader, 100, now)).get(leaver.key), leaver)
        assertAnswer('delete', await writer.delete(leaver.key), true)
        const seen = await enumerateAll(reader, 100, now)
        assertAnswer('enumerate', seen.get(stayer.key), stayer)
        assertAnswer('enumerate', seen.get(leaver.key), undefined)
      }
    },
    ['enumerate'],
  ),
]

/** Both pairs of a store that writes and a store that reads. */
function bothWays<Offered>(
  store: SessionStore,
  peer: SessionStore,
): readonly (readonly [SessionStore & Offered, SessionStore & Offered])[] {
  const [one, other] = [store as SessionStore & Offered, peer as SessionStore & Offered]
  return [
    [one, other],
    [other, one],
  ]
}
