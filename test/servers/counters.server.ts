import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Browser, hour } from '../core/harness.ts'
import type { Loose, Visit } from '../core/harness.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import type { OpenedStore, RunningEngine } from './engine.ts'
import { engines, missing } from './engines.ts'
import { movableClock } from './failure-modes/failure-mode.ts'
import { openStore } from './open-store.ts'
import { until } from './until.ts'

const visitors = 1000

// What a visit costs, by the server's own count of what it was asked.
for (const engine of engines) {
  describe(`${engine.name} counts`, { skip: missing(engine) || hasNoCounter(engine.programs) }, () => {
    let running: RunningEngine
    let opened: OpenedStore
    let sessions: SessionManager<Loose>
    const clock = movableClock()

    before(async () => {
      running = await engine.start()
      opened = await openStore(running.address)
      sessions = createSessionManager<Loose>({ store: opened.store, clock })
      // Afterwards every connection is made, and every script loaded on each server of a Cluster.
      for (let round = 0; round < 40; round += 1) await warmUp()
    })
    after(async () => {
      await opened?.close()
      await running?.stop()
    })

    async function warmUp(): Promise<void> {
      const browser = await signIn()
      clock.advance(3 * hour)
      await browser.visit((session) => session.get('color'))
      await browser.visit((session) => session.logout())
      await new Browser(sessions).visit((session) => session.login('u_1'))
      await (await beginConflict()).conclude()
    }

    async function begin(): Promise<Browser> {
      const browser = new Browser(sessions)
      await browser.visit((session) => session.set('color', 'red'))
      return browser
    }

    async function signIn(): Promise<Browser> {
      const browser = await begin()
      await browser.visit((session) => session.login('u_1'))
      await browser.visit((session) => session.set('color', 'blue'))
      return browser
    }

    /** A visit whose commit will meet with that of another manager. Within one, saves queue up instead. */
    async function beginConflict(): Promise<Visit> {
      const browser = await begin()
      const late = await browser.open()
      late.session.set('color', 'green')
      const other = createSessionManager<Loose>({ store: opened.store, clock })
      await new Browser(other, browser.cookie).visit((session) => session.set('size', 'small'))
      return late
    }

    /** How many commands the work causes. */
    async function count(work: () => Promise<unknown>): Promise<number> {
      const earlier = await running.countCommands()
      await work()
      return (await running.countCommands()) - earlier
    }

    test(`${engine.name} counts ${visitors} reads of a session: a command each, and one for the touch that is due`, async () => {
      const browser = await begin()
      const read = async (): Promise<void> => {
        for (let index = 0; index < visitors; index += 1)
          await browser.visit((session) => session.get('color'))
      }
      assert.equal(await count(read), visitors)
      clock.advance(3 * hour)
      assert.equal(await count(read), visitors + 1)
    })

    test(`${engine.name} counts ${visitors} visitors without a cookie: none`, async () => {
      const browsers = Array.from({ length: visitors }, () => new Browser(sessions))
      const visitAll = (): Promise<unknown> =>
        Promise.all(browsers.map((browser) => browser.visit((session) => session.get('color'))))
      assert.equal(await count(visitAll), 0)
    })

    test(`${engine.name} counts a first save: one command`, async () => {
      assert.equal(await count(begin), 1)
    })

    test(`${engine.name} counts a commit without conflict: one command after the read, signed in or not`, async () => {
      for (const browser of [await begin(), await signIn()]) {
        const visit = await browser.open()
        visit.session.set('color', 'green')
        assert.equal(await count(() => visit.conclude()), 1)
      }
    })

    test(`${engine.name} counts a due touch and a change: a command each, at the first use and at the save`, async () => {
      const browser = await begin()
      clock.advance(3 * hour)
      const visit = await browser.open()
      const earlier = await running.countCommands()
      visit.session.set('color', 'green')
      // The handler does not wait for it.
      await until(async () => (await running.countCommands()) - earlier === 1, 'the touch has arrived')
      assert.equal(await count(() => visit.conclude()), 1)
    })

    test(`${engine.name} counts changes of several requests at once: one command for the first, one for all others`, async () => {
      const browser = await begin()
      const visits = await Promise.all(Array.from({ length: 20 }, () => browser.open()))
      for (const [index, { session }] of visits.entries()) session.set(`name ${index}`, index)
      assert.equal(await count(() => Promise.all(visits.map((visit) => visit.conclude()))), 2)
    })

    const { loginOfVisitor, loginOfNobody, freeLogin, logout } = costsOn(engine.name)
    test(`${engine.name} counts a logout: one command for a visitor, for a user ${logout}`, async () => {
      const ended: number[] = []
      for (const browser of [await begin(), await signIn()]) {
        const visit = await browser.open()
        visit.session.logout()
        ended.push(await count(() => visit.conclude()))
      }
      assert.deepEqual(ended, [1, logout])
    })

    test(`${engine.name} counts a login within a limit: ${loginOfVisitor} with a session, ${loginOfNobody} without`, async () => {
      const begun: number[] = []
      for (const browser of [await begin(), new Browser(sessions)]) {
        const visit = await browser.open()
        visit.session.login('u_2')
        begun.push(await count(() => visit.conclude()))
      }
      assert.deepEqual(begun, [loginOfVisitor, loginOfNobody])
    })

    test(`${engine.name} counts a login without a limit: ${freeLogin}`, async () => {
      const free = createSessionManager<Loose>({ store: opened.store, clock, maxSessionsPerUser: Infinity })
      const visit = await new Browser(free, (await begin()).cookie).open()
      visit.session.login('u_2')
      assert.equal(await count(() => visit.conclude()), freeLogin)
    })

    test(`${engine.name} counts a conflict: the commit that failed, a read and the commit on its result`, async () => {
      const late = await beginConflict()
      assert.equal(await count(() => late.conclude()), 3)
    })
  })
}

/** How many commands the verbs about a user take. */
function costsOn(name: string): Record<'loginOfVisitor' | 'loginOfNobody' | 'freeLogin' | 'logout', number> {
  const one = { loginOfVisitor: 1, loginOfNobody: 1, freeLogin: 1, logout: 1 }
  // A transaction: begin, take one's turn, write, look at the others, leave, commit.
  if (name.includes('MariaDB')) return { ...one, loginOfVisitor: 6, loginOfNobody: 6 }
  // The user's set is in another slot: reserve, write, settle, after a commit that has asked whether it must.
  if (name.includes('Cluster')) return { loginOfVisitor: 4, loginOfNobody: 3, freeLogin: 4, logout: 2 }
  // The entry in the user's set goes after the answer.
  return name.includes('Redis') ? { ...one, logout: 2 } : one
}

/** Databases within this process count nothing. */
function hasNoCounter(programs: readonly unknown[]): string | false {
  return programs.length === 0 && 'has no counter of its own'
}
