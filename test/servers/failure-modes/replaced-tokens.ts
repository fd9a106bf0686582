import assert from 'node:assert/strict'
import { hashOwner, hashToken } from '../../../src/id/hash.ts'
import { Random } from '../../schedules/decisions.ts'
import { Browser, minute, typesOf } from '../../core/harness.ts'
import type { Answer, LooseSession } from '../../core/harness.ts'
import { isRefused, movableClock, newUser, range, startNode } from './failure-mode.ts'
import type { FailureMode, Ground } from './failure-mode.ts'
import { forEachOrder, forEachStep, SteppedWork } from './stepped-work.ts'
import { anonymous, answersOf, begin, deliver, nothing, open } from './visitor.ts'

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

/** How a token becomes outdated: by what, how long ago, and what its requests are rejected for. */
const outdatings = [
  {
    what: 'login',
    replace: (session: LooseSession) => session.login(newUser()),
    wait: 0,
    reason: 'replaced',
  },
  {
    what: 'regenerateId, a minute ago',
    replace: (session: LooseSession) => session.regenerateId(),
    wait: minute,
    reason: 'wrong-verifier',
  },
] as const

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
      const answers = await Promise.all(visits.map((visit) => visit.conclude()))
      assert.equal(answers.filter(({ setCookie }) => setCookie !== undefined).length, 1)
      const told = typesOf(nodes.flatMap(({ events }) => events))
      assert.equal(told.filter((type) => type === 'rotated').length, 1)
      // Nothing was lost: the sibling's new token serves the others just as well.
      assert.equal(told.filter((type) => type === 'dropped').length, 0)
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
        const [left, right] = both as [SteppedWork<Answer>, SteppedWork<Answer>]
        await run(left, right)
        const outcomes = await Promise.allSettled([left.finish(), right.finish()])
        const answers = outcomes.flatMap(answersOf)
        const [sent, ...others] = answers.filter(({ setCookie }) => setCookie !== undefined)
        assert.deepEqual([sent === undefined, others.length], [false, 0])
        deliver(browser, answers, new Random(1))
        assert.deepEqual(await open(ground, browser.cookie), anonymous)
      })
      assert.ok(orders >= 6, `only ${orders} orders`)
    },
  },
  {
    name: 'D5 an outdated token is rejected with an event, whether the owner or a thief holds it, and changes nothing',
    async run(ground) {
      for (const isThiefFirst of [false, true]) {
        for (const { what, replace, wait, reason } of outdatings) {
          const clock = movableClock()
          const owner = await begin(ground)
          const { sessions, events } = startNode(ground.stores[1], { clock })
          const thief = new Browser(sessions, owner.cookie)
          const [rotating, outdated] = isThiefFirst ? [thief, owner] : [owner, thief]
          await rotating.visit(replace)
          clock.advance(wait)
          const late = new Browser(sessions, outdated.cookie)
          assert.equal((await late.visit((session) => session.get('color'))).setCookie, undefined, what)
          await late.visit((session) => session.destroy())
          if (reason === 'replaced') {
            await assert.rejects(
              late.visit((session) => session.set('color', 'green')),
              (error) => isRefused(error, 'replaced'),
            )
          }
          for (const event of events) if (event.type === 'rejected') assert.equal(event.reason, reason, what)
          assert.ok(typesOf(events).filter((type) => type === 'rejected').length >= 2, what)
          assert.ok(!typesOf(events).includes('ended'), what)
          assert.deepEqual(await open(ground, outdated.cookie), nothing, what)
          assert.equal((await open(ground, rotating.cookie)).color, 'red', what)
        }
      }
    },
  },
  {
    name: 'D5 a token that regenerateId has just replaced opens nothing, but a logout with it ends the session',
    async run(ground) {
      const browser = await begin(ground)
      const { sessions, events } = startNode(ground.stores[1])
      const late = new Browser(sessions, browser.cookie)
      await browser.visit((session) => session.regenerateId())
      assert.equal(await late.see((session) => session.isNew), true)
      await late.visit((session) => session.logout())
      assert.deepEqual(typesOf(events), ['rejected', 'rejected', 'ended'])
      assert.deepEqual(await open(ground, browser.cookie), nothing)
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
            assert.deepEqual(
              listed.map(({ handle, version }) => [handle, version]),
              what === 'login' ? [[record.handle, 2]] : [],
            )
          }
          return hadSoMany
        })
        assert.ok(renewed > 0 && renewed < steps, `${renewed} of ${steps}`)
      },
    }
  }),
  {
    name: 'D7 of two logins on one visit, in any order, each has a session of its own user, and no stranger the data',
    async run(ground) {
      for (const isSameUser of [false, true]) {
        const orders = await forEachOrder(async (run) => {
          const browser = await begin(ground)
          const first = newUser()
          const users = [first, isSameUser ? first : newUser()] as const
          const logins = ([1, 2] as const).map((node, index) =>
            startOn(ground, node, browser.cookie, (session) => session.login(users[index] ?? '')),
          )
          const [left, right] = logins as [SteppedWork<Answer>, SteppedWork<Answer>]
          await run(left, right)
          const opened = []
          for (const [index, work] of [left, right].entries()) {
            const { setCookie } = await work.finish()
            const after = await open(ground, setCookie?.split(';')[0])
            assert.equal(after.userId, users[index])
            opened.push(after.color)
          }
          assert.deepEqual(opened.toSorted(), ['red', isSameUser ? 'red' : undefined])
          assert.deepEqual(await open(ground, browser.cookie), nothing)
          for (const userId of new Set(users)) {
            const count = await ground.stores[0].countByUser(hashOwner('session_id', userId), Date.now())
            assert.equal(count, isSameUser ? 2 : 1)
          }
        })
        assert.ok(orders >= 6, `only ${orders} orders`)
      }
    },
  },
]
