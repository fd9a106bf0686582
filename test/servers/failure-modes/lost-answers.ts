import assert from 'node:assert/strict'
import { SessionStoreError } from '../../../src/contract/errors.ts'
import { Browser, increment } from '../../core/harness.ts'
import { throughProxies } from '../engine.ts'
import type { EngineStore, RunningEngine } from '../engine.ts'
import { openStore } from '../open-store.ts'
import { FaultProxy } from '../process/fault-proxy.ts'
import { untilResolved } from '../until.ts'
import { newUser, startNode } from './failure-mode.ts'
import type { FailureMode } from './failure-mode.ts'
import { surroundCalls } from './surround-calls.ts'
import type { Verb } from './surround-calls.ts'

const rounds = 10

/** The store, except that the answer to the next call of each of these verbs is lost: it was applied, and fails. */
function losingAnswers(store: EngineStore, verbs: Set<Verb>): EngineStore {
  return surroundCalls(store, async (verb, call) => {
    const answer = await call()
    if (verbs.delete(verb)) throw new Error('the answer was lost')
    return answer
  })
}

/** Runs `use` with a store whose connections go through proxies, one for each server. */
async function withProxies(
  { address }: RunningEngine,
  use: (store: EngineStore, proxies: readonly FaultProxy[]) => Promise<void>,
): Promise<void> {
  const proxies = await Promise.all(address.ports.map((port) => FaultProxy.start(port)))
  const opened = await openStore(
    throughProxies(
      address,
      proxies.map(({ port }) => port),
    ),
  )
  try {
    await use(opened.store, proxies)
  } finally {
    await opened.close()
    await Promise.all(proxies.map((proxy) => proxy.stop()))
  }
}

export const lostAnswers: readonly FailureMode[] = [
  {
    name: 'D16 a write whose answer is lost is applied exactly once: create, increment, login, logout',
    async run({ stores }) {
      const verbs = new Set<Verb>()
      const node = startNode(losingAnswers(stores[0], verbs))
      const browser = new Browser(node.sessions)
      verbs.add('create')
      await browser.visit((session) => session.set('count', 0))
      for (let round = 0; round < rounds; round += 1) {
        verbs.add('commit')
        await browser.visit((session) => session.update('count', increment))
      }
      verbs.add('commit')
      const userId = newUser()
      await browser.visit((session) => session.login(userId))
      const elsewhere = new Browser(startNode(stores[1]).sessions, browser.cookie)
      assert.deepEqual(await elsewhere.see((session) => [session.userId, session.get('count')]), [
        userId,
        rounds,
      ])
      assert.equal(verbs.size, 0)
      verbs.add('delete')
      await browser.visit((session) => session.logout())
      assert.equal(verbs.size, 0)
      assert.equal(await elsewhere.see((session) => session.isNew), true)
    },
  },
  {
    name: 'D16 a connection that is cut after a write was applied: no increment is lost or counted twice',
    needsNetwork: true,
    run: ({ running, stores }) =>
      withProxies(running, async (store, proxies) => {
        const { sessions } = startNode(store, { timeout: '10s' })
        const browser = new Browser(sessions)
        await browser.visit((session) => session.set('count', 0))
        for (let round = 0; round < rounds; round += 1) {
          const visit = await browser.open()
          visit.session.update('count', increment)
          const cut = Promise.any(proxies.map((proxy) => proxy.cutAt('answer')))
          await Promise.all([visit.conclude(), cut])
          for (const proxy of proxies) proxy.cancelCut()
        }
        const elsewhere = new Browser(startNode(stores[1]).sessions, browser.cookie)
        assert.equal(await elsewhere.see((session) => session.get('count')), rounds)
      }),
  },
  {
    name: 'D15 a health check tells that the store is gone, no cookie is touched, and all goes on afterwards',
    needsNetwork: true,
    run: ({ running }) =>
      withProxies(running, async (store, proxies) => {
        const { sessions, events } = startNode(store, { timeout: '500ms' })
        const browser = new Browser(sessions)
        await browser.visit((session) => session.set('color', 'red'))
        await sessions.ping()
        const { cookie } = browser
        for (const proxy of proxies) proxy.refuse()
        await assert.rejects(sessions.ping(), SessionStoreError)
        const { session, conclude } = await browser.open()
        assert.throws(() => session.get('color'), SessionStoreError)
        assert.equal((await conclude({ status: 503 })).setCookie, undefined)
        assert.equal(events.at(-1)?.type, 'failed')
        for (const proxy of proxies) proxy.pass()
        await untilResolved(() => sessions.ping())
        await untilResolved(async () => assert.equal(await browser.see((seen) => seen.get('color')), 'red'))
        assert.equal(browser.cookie, cookie)
      }),
  },
]
