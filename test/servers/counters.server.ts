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
      await (await beginConflict()).commit()
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

    test(`${visitors} reads of a session: a command each, and one for the touch that is due`, async () => {
      const browser = await begin()
      const read = async (): Promise<void> => {
        for (let index = 0; index < visitors; index += 1)
          await browser.visit((session) => session.get('color'))
      }
      assert.equal(await count(read), visitors)
      clock.advance(3 * hour)
      assert.equal(await count(read), visitors + 1)
    })

    test(`${visitors} visitors without a cookie: none`, async () => {
      const browsers = Array.from({ length: visitors }, () => new Browser(sessions))
      const visitAll = (): Promise<unknown> =>
        Promise.all(browsers.map((browser) => browser.visit((session) => session.get('color'))))
      assert.equal(await count(visitAll), 0)
    })

    test('a first save: one command', async () => {
      assert.equal(await count(begin), 1)
    })

    test('a commit without conflict: one command after the read, signed in or not', async () => {
      for (const browser of [await begin(), await signIn()]) {
        const visit = await browser.open()
        visit.session.set('color', 'green')
        assert.equal(await count(() => visit.commit()), 1)
      }
    })

    test('a conflict: the commit that failed, a read and the commit on its result', async () => {
      const late = await beginConflict()
      assert.equal(await count(() => late.commit()), 3)
    })
  })
}

/** Databases within this process count nothing. */
function hasNoCounter(programs: readonly unknown[]): string | false {
  return programs.length === 0 && 'has no counter of its own'
}
