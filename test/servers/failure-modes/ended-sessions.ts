import assert from 'node:assert/strict'
import { hashOwner, hashToken } from '../../../src/id/hash.ts'
import { Browser, hour, typesOf } from '../../core/harness.ts'
import type { Answer, LooseSession } from '../../core/harness.ts'
import { isRefused, movableClock, newUser, startNode } from './failure-mode.ts'
import type { FailureMode, Ground, Node } from './failure-mode.ts'
import { forEachOrder, forEachStep, SteppedWork } from './stepped-work.ts'
import { surroundCalls } from './surround-calls.ts'

type Deed = (session: LooseSession) => unknown

/** What a slow request may do. */
const slowDeeds: Readonly<Record<string, Deed>> = {
  'only reads': (session) => session.get('color'),
  writes: (session) => session.set('color', 'blue'),
  'writes what is there': (session) => session.set('color', 'red'),
  rotates: (session) => session.regenerateId(),
  'consumes a value': (session) => session.consume('color'),
  'saves in the middle': async (session) => {
    session.set('color', 'blue')
    await session.save()
    session.set('color', 'green')
  },
  'leaves a message': (session) => session.flash('info', 'late'),
  'logs in': (session) => session.login(newUser()),
}

type Ending = (node: Node, browser: Browser, userId: string) => Promise<unknown>

/** How a session ends meanwhile, on another node: by logout, by destroy, by revocation. */
const endings: readonly Ending[] = [
  (_, browser) => browser.visit((session) => session.logout()),
  (_, browser) => browser.visit((session) => session.destroy()),
  ({ sessions }, _, userId) => sessions.revokeAll(userId),
]

type World = Awaited<ReturnType<typeof begin>>

/** A signed-in browser on the first node, and a clock by which a touch is due: a request that reads writes as well. */
async function begin({ stores }: Ground) {
  const clock = movableClock()
  const node = startNode(stores[0], { clock })
  const userId = newUser()
  const browser = new Browser(node.sessions)
  await browser.visit((session) => {
    session.login(userId)
    session.set('color', 'red')
  })
  const { cookie, token } = browser
  clock.advance(3 * hour)
  return { clock, node, userId, browser, cookie, key: hashToken('session_id', token).key }
}

/** A request under way. */
interface SlowRequest {
  readonly work: SteppedWork<Answer>
  /** Whether the store has told it, after the load, that the session is no longer there. */
  hasMissed(): boolean
  end(): Promise<unknown>
}

/** A request of the browser on the second node, which goes on only as the test lets it. */
function startSlowly(
  { stores }: Ground,
  { clock, cookie }: Pick<World, 'clock' | 'cookie'>,
  deed: Deed,
): SlowRequest {
  let latest = cookie
  const reads: unknown[] = []
  const commits: unknown[] = []
  const watched = surroundCalls(stores[1], async (verb, call) => {
    const answer = await call()
    if (verb === 'read') reads.push(answer)
    if (verb === 'commit') commits.push(answer)
    return answer
  })
  const hasMissed = (): boolean => commits.includes(false) || reads.slice(1).includes(undefined)
  const work = new SteppedWork(watched, async (store) => {
    const browser = new Browser(startNode(store, { clock }).sessions, cookie)
    const answer = await browser.visit(deed)
    latest = browser.cookie
    return answer
  })
  /** What the browser does with the cookie that it got. */
  const end = (): Promise<unknown> =>
    new Browser(startNode(stores[1], { clock }).sessions, latest).visit((session) => session.destroy())
  return { work, hasMissed, end }
}

/** Nothing opens the session, on any node, and no list knows it. */
async function assertDead({ stores }: Ground, { clock, key, userId, cookie }: World): Promise<void> {
  for (const store of stores) {
    assert.equal(await store.read(key, clock.now()), undefined)
    assert.equal(await store.countByUser(hashOwner('session_id', userId), clock.now()), 0)
    const { sessions } = startNode(store, { clock })
    assert.deepEqual(
      await new Browser(sessions, cookie).see((session) => [session.isNew, session.userId, session.keys()]),
      [true, undefined, []],
    )
  }
}

/**
 * Ends the session when the slow request has taken so many steps, and answers whether it had so many.
 * Who changed something that was lost by it is told. A login that came before it is not concerned any more, and is
 * ended afterwards.
 */
async function endAfter(count: number, ground: Ground, deed: Deed, end: Ending): Promise<boolean> {
  const world = await begin(ground)
  const { work, hasMissed, end: endLate } = startSlowly(ground, world, deed)
  const hadSoMany = await work.advance(count)
  const isUnderWay = await work.isWaiting()
  await end(world.node, world.browser, world.userId)
  const hasEnded = typesOf(world.node.events).some((type) => type === 'ended' || type === 'revoked')
  const answer = await work.finish().catch((error: unknown) => {
    assert.ok(isRefused(error, 'gone'), String(error))
    return undefined
  })
  const isSilent = deed === slowDeeds['logs in'] || deed === slowDeeds['consumes a value']
  assert.equal(answer === undefined, !isSilent && hasMissed())
  if (!hasEnded) {
    assert.equal(deed, slowDeeds['logs in'])
    await endLate()
  } else if (isUnderWay && count > 0 && deed !== slowDeeds['logs in']) {
    assert.equal(answer?.setCookie, undefined)
  }
  await assertDead(ground, world)
  return hadSoMany
}

export const endedSessions: readonly FailureMode[] = [
  ...Object.entries(slowDeeds).map(([what, deed]): FailureMode => {
    return {
      name: `D2 a slow request that ${what} brings no session back, whenever the session ends`,
      async run(ground) {
        for (const end of endings) {
          const steps = await forEachStep((count) => endAfter(count, ground, deed, end))
          assert.ok(steps > 1, `only ${steps} steps`)
        }
      },
    }
  }),
  {
    name: 'D3 of a destroy and a rotation, in any order, neither the old nor the new token survives',
    async run(ground) {
      let rejected = 0
      let refused = 0
      const orders = await forEachOrder(async (run) => {
        const world = await begin(ground)
        const { work, hasMissed } = startSlowly(ground, world, (session) => session.regenerateId())
        const events: Node['events'][] = []
        const ending = new SteppedWork(ground.stores[2], async (store) => {
          const node = startNode(store, { clock: world.clock })
          events.push(node.events)
          return new Browser(node.sessions, world.cookie).visit((session) => session.destroy())
        })
        await run(work, ending)
        await ending.finish()
        const told = typesOf(events[0] ?? [])
        assert.equal(told.at(-1), 'ended')
        // The rotation came before it: the old token opens nothing any more, but a logout with it still counts.
        if (told.includes('rejected')) rejected += 1
        const isLost = await work.finish().then(
          () => false,
          (error: unknown) => isRefused(error, 'gone'),
        )
        assert.equal(isLost, hasMissed())
        if (isLost) refused += 1
        await assertDead(ground, world)
      })
      assert.equal(rejected, 1)
      assert.ok(refused > 0)
      assert.ok(orders >= 6, `only ${orders} orders`)
    },
  },
]
