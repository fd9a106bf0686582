import assert from 'node:assert/strict'
import { hashOwner } from '../../../src/id/hash.ts'
import { hashToken } from '../../../src/id/token-hash-cache.ts'
import type { SessionHeaders } from '../../../src/manager/session-headers.ts'
import { Random } from '../../schedules/decisions.ts'
import { Browser, typesOf } from '../../core/harness.ts'
import type { LooseSession } from '../../core/harness.ts'
import { newUser, range, startNode } from './failure-mode.ts'
import type { FailureMode, Ground } from './failure-mode.ts'
import { forEachOrder, forEachStep, SteppedWork } from './stepped-work.ts'
import { anonymous, begin, deliver, nothing, open } from './visitor.ts'

/** One request of a browser on a node, as its own copy of the cookie. */
function startOn(
  ground: Ground,
  node: 1 | 2,
  cookie: string | undefined,
  deed: (session: LooseSession) => void,
) {
  return new SteppedWork(ground.stores[node], (store) =>
    new Browser(startNode(store).sessions, cookie).visit(deed),
  )
}

export const replacedTokens: readonly FailureMode[] = [
  {
    name: 'D4 of 50 rotations at once one succeeds, and the browser ends with its token whatever arrives last',
    async run(ground) {
      const browser = await begin(ground)
      const nodes = ground.stores.map((store) => startNode(store))
      const before = browser.cookie
      const visits = await Promise.all(
        range(50).map((turn) => new Browser(nodes[turn % 3]!.sessions, before).open()),
      )
      for (const { session } of visits) session.regenerateId()
      const answers = await Promise.all(visits.map((visit) => visit.commit()))
      assert.equal(answers.filter(({ setCookie }) => setCookie !== undefined).length, 1)
      const told = typesOf(nodes.flatMap(({ events }) => events))
      assert.equal(told.filter((type) => type === 'rotated').length, 1)
      assert.equal(told.filter((type) => type === 'dropped').length, 49)
      deliver(browser, answers, new Random(4))
      assert.deepEqual(await open(ground, browser.cookie), anonymous)
      assert.deepEqual(await open(ground, before), nothing)
    },
  },
  {
    name: 'D4 of two rotations, in any order of their steps, exactly one succeeds',
    async run(ground) {
      const orders = await forEachOrder(async (run) => {
        const browser = await begin(ground)
        const both = ([1, 2] as const).map((node) =>
          startOn(ground, node, browser.cookie, (session) => session.regenerateId()),
        )
        const [left, right] = both as [SteppedWork<SessionHeaders>, SteppedWork<SessionHeaders>]
        await run(left, right)
        const answers = [await left.finish(), await right.finish()]
        const [sent, ...others] = answers.filter(({ setCookie }) => setCookie !== undefined)
        assert.deepEqual([sent === undefined, others.length], [false, 0])
        deliver(browser, answers, new Random(1))
        assert.deepEqual(await open(ground, browser.cookie), anonymous)
      })
      assert.ok(orders >= 6, `only ${orders} orders`)
    },
  },
  {
    name: 'D5 an outdated token is rejected with an event, whether the owner or a thief holds it, and ends nothing',
    async run(ground) {
      for (const isThiefFirst of [false, true]) {
        const owner = await begin(ground)
        const { sessions, events } = startNode(ground.stores[1])
        const thief = new Browser(sessions, owner.cookie)
        const [rotating, outdated] = isThiefFirst ? [thief, owner] : [owner, thief]
        await rotating.visit((session) => session.regenerateId())
        const { cookie } = outdated
        const late = new Browser(sessions, cookie)
        assert.equal((await late.visit((session) => session.get('color'))).setCookie, undefined)
        await late.visit((session) => session.destroy())
        assert.deepEqual(
          events.flatMap((event) => (event.type === 'rejected' ? [event.reason] : [])),
          ['wrong-verifier', 'wrong-verifier'],
        )
        assert.deepEqual(await open(ground, cookie), nothing)
        assert.deepEqual(await open(ground, rotating.cookie), anonymous)
      }
    },
  },
  ...Object.entries({
    rotation: (session: LooseSession) => session.regenerateId(),
    login: (session: LooseSession, userId: string) => session.login(userId),
  }).map(([what, deed]): FailureMode => {
    return {
      name: `D6 a server that dies at any step of a ${what} leaves the session as it was or as it shall be`,
      async run(ground) {
        let renewed = 0
        const steps = await forEachStep(async (count) => {
          const userId = newUser()
          const browser = await begin(ground)
          const before = hashToken('session_id', browser.token)
          const work = startOn(ground, 1, browser.cookie, (session) => deed(session, userId))
          // The steps that are left never happen.
          const hadSoMany = await work.advance(count)
          const record = await ground.stores[2].read(before.key, Date.now())
          const listed = await ground.stores[2].listByUser(
            hashOwner('session_id', userId),
            { limit: 9 },
            Date.now(),
          )
          if (record?.version === 1) {
            assert.deepEqual(await open(ground, browser.cookie), anonymous)
            assert.deepEqual(listed, [])
          } else {
            renewed += 1
            assert.equal(record?.version, 2)
            assert.notEqual(record.verifierHash, before.verifierHash)
            assert.deepEqual(await open(ground, browser.cookie), nothing)
            assert.deepEqual(listed, what === 'login' ? [record] : [])
          }
          return hadSoMany
        })
        assert.ok(renewed > 0 && renewed < steps, `${renewed} of ${steps}`)
      },
    }
  }),
  {
    name: 'D7 of two logins on one visit, in any order, each has a session of its own user, and one the old data',
    async run(ground) {
      for (const isSameUser of [false, true]) {
        const orders = await forEachOrder(async (run) => {
          const browser = await begin(ground)
          const first = newUser()
          const users = [first, isSameUser ? first : newUser()] as const
          const logins = ([1, 2] as const).map((node, index) =>
            startOn(ground, node, browser.cookie, (session) => session.login(users[index] ?? '')),
          )
          const [left, right] = logins as [SteppedWork<SessionHeaders>, SteppedWork<SessionHeaders>]
          await run(left, right)
          const opened = []
          for (const [index, work] of [left, right].entries()) {
            const { setCookie } = await work.finish()
            const after = await open(ground, setCookie?.split(';')[0])
            assert.equal(after.userId, users[index])
            opened.push(after.color)
          }
          assert.deepEqual(opened.toSorted(), ['red', undefined])
          assert.deepEqual(await open(ground, browser.cookie), nothing)
          for (const userId of new Set(users)) {
            const count = await ground.stores[0].countByUser(userId, Date.now())
            assert.equal(count, isSameUser ? 2 : 1)
          }
        })
        assert.ok(orders >= 6, `only ${orders} orders`)
      }
    },
  },
]
