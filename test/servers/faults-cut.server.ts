import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { hashOwner } from '../../src/id/hash.ts'
import type { OpenedStore } from './engine.ts'
import { engines, missing } from './engines.ts'
import { isWrite } from './faults/is-write.ts'
import { cookieOf, Stage } from './faults/stage.ts'
import { openStore } from './open-store.ts'
import type { Answer } from './process/visit.ts'

// A write whose answer is lost may have been applied or not, and neither may show: it counts once. The proxy
// cuts the connection after the server has done what was asked, or before the server has heard of it.

/** How often the counter is cut on its way. */
const rounds = 50

/** They send a command again whose answer is lost, unknown to the store. */
const repeatingDrivers = /ioredis|Sentinel/

/** The rounds in which the write must really have been applied before the cut, or this would prove little. */
const wantedCuts = 40

for (const engine of engines.filter(({ programs }) => programs.length > 0)) {
  describe(`${engine.name} cuts connections`, { skip: missing(engine) }, () => {
    let stage: Stage
    let direct: OpenedStore

    before(async () => {
      stage = await Stage.open(engine)
      // A driver may take a while to connect anew, and the shop has to wait for it.
      await stage.startShop('20s')
      direct = await openStore(stage.running.address)
    })
    after(async () => {
      await direct?.close()
      await stage?.close()
    })

    /** Sends a request, and cuts the first write of its save. */
    async function cutSave(
      path: string,
      cookie: string | undefined,
      place: 'request' | 'answer',
    ): Promise<Answer> {
      const release = await stage.hold(path, cookie)
      const cuts = stage.proxies.map((proxy) => proxy.cutAt(place, isWrite(stage.address)))
      // Only once, although the next attempt may be sent to another server.
      const cut = Promise.any(cuts).then(() => stage.proxies.forEach((proxy) => proxy.cancelCut()))
      const [answer] = await Promise.all([release(), cut])
      return answer
    }

    async function read(cookie: string): Promise<{ userId: string | null; count: number | null }> {
      const answer = await stage.visit('/profile', { cookie })
      assert.equal(answer.status, 200, answer.body)
      return JSON.parse(answer.body) as { userId: string | null; count: number | null }
    }

    /** Says why not, if not. */
    async function demand(answer: Answer, status: number): Promise<void> {
      const events = await stage.takeEvents()
      assert.equal(answer.status, status, events.map(({ text }) => text).join('\n'))
    }

    const listUser = async (userId: string) =>
      direct.store.listByUser(hashOwner('session_id', userId), { limit: 9 }, Date.now())

    test(`${rounds} increments whose answer is lost are ${rounds}`, async (context) => {
      const cookie = cookieOf(await stage.post('/login?user=u_1', undefined))
      let applied = 0
      for (let round = 1; round <= rounds; round += 1) {
        await stage.takeCommits()
        const answer = await cutSave('/add', cookie, 'answer')
        await demand(answer, 200)
        assert.deepEqual(await read(cookie), { userId: 'u_1', count: round, note: null })
        // Had the commit not been applied, the manager would have sent it again.
        if ((await stage.takeCommits()) === 1) applied += 1
      }
      context.diagnostic(`${engine.name}: applied before the cut in ${applied} of ${rounds} rounds`)
      assert.ok(applied >= wantedCuts)
      const [record, ...others] = await listUser('u_1')
      assert.equal(others.length, 0)
      assert.equal(record?.version, 1 + rounds)
    })

    test('10 increments that the server has not heard of are 10', async () => {
      const cookie = cookieOf(await stage.post('/login?user=u_2', undefined))
      for (let round = 1; round <= 10; round += 1) {
        await demand(await cutSave('/add', cookie, 'request'), 200)
        assert.deepEqual(await read(cookie), { userId: 'u_2', count: round, note: null })
      }
    })

    for (const place of ['answer', 'request'] as const) {
      test(`a first visit, cut at the ${place}, is one session`, async () => {
        const answer = await cutSave('/login?user=u_3', undefined, place)
        await demand(answer, 302)
        assert.deepEqual(await read(cookieOf(answer)), { userId: 'u_3', count: null, note: null })
        const [record, ...others] = await listUser('u_3')
        assert.equal(others.length, 0)
        await direct.store.delete(record?.key ?? '')
      })

      test(`10 logins, cut at the ${place}, each replace the token once and keep the data`, async () => {
        for (let round = 1; round <= 10; round += 1) {
          const user = `u_${place}_${round}`
          const old = cookieOf(await stage.post('/add', undefined))
          const answer = await cutSave(`/login?user=${user}`, old, place)
          await demand(answer, 302)
          assert.equal(answer.setCookies.length, 1)
          assert.deepEqual(await read(cookieOf(answer)), { userId: user, count: 1, note: null })
          assert.equal((await read(old)).userId, null, 'the old token')
          const [record, ...others] = await listUser(user)
          assert.equal(record?.version, 2)
          assert.equal(others.length, 0)
        }
      })

      test(`10 logouts, cut at the ${place}, end the session and clear the cookie`, async () => {
        for (let round = 1; round <= 10; round += 1) {
          const cookie = cookieOf(await stage.post(`/login?user=u_4`, undefined))
          const answer = await cutSave('/logout', cookie, place)
          await demand(answer, 302)
          // A driver that has asked again by itself only hears that there is nothing left to end.
          const isHidden = place === 'answer' && repeatingDrivers.test(engine.name)
          if (!isHidden || answer.setCookies.length > 0)
            assert.match(answer.setCookies.join(), /^session_id=;.*Max-Age=0/)
          assert.equal((await read(cookie)).userId, null)
          assert.deepEqual(await listUser('u_4'), [])
        }
      })
    }

    test('the shop has gone on without a complaint', async () => {
      assert.ok(stage.shop.isRunning)
      assert.equal(stage.shop.output, '')
    })
  })
}
