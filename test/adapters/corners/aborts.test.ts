import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSessionManager } from '../../../src/index.ts'
import type { Session } from '../../../src/index.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import { Browser, settle, typesOf } from '../../core/harness.ts'
import type { Loose } from '../../core/harness.ts'
import { openVisit } from './open-visit.ts'
import { protocols } from './wire.ts'

for (const protocol of protocols) {
  suite(`a client that disconnects, on ${protocol}`, () => {
    for (const visitor of [true, false]) {
      const outcome = visitor ? 'no session is made that nobody could open' : 'its changes are saved'
      test(`before the handler answers: ${outcome}`, async () => {
        const store = controlledStore()
        const browser = new Browser(createSessionManager<Loose>({ store }))
        if (!visitor) await browser.visit((session) => session.set('a', 1))
        const answer = Promise.withResolvers<void>()
        const called: unknown[] = []
        const handle: Parameters<typeof openVisit>[1] = async (request, response) => {
          await answer.promise
          visit.sessions.get(request).set('theme', 'dark')
          response.on('error', (error) => called.push(error))
          response.write('one')
          response.end('two', () => called.push('ended'))
        }
        const visit = await openVisit(protocol, handle, browser.cookie, store)
        await visit.arrived
        await visit.leave()
        answer.resolve()
        await visit.end()
        assert.equal(store.rows.size, visitor ? 0 : 1)
        assert.deepEqual(typesOf(visit.events), visitor ? ['dropped'] : [])
        if (!visitor) assert.equal(await browser.see((session) => session.get('theme')), 'dark')
        assert.deepEqual(
          visit.seen.filter((name) => name === 'close'),
          ['close'],
        )
      })
    }

    test('while the session is read: its login is dropped, with an event', async () => {
      const store = controlledStore()
      const browser = new Browser(createSessionManager<Loose>({ store }))
      await browser.visit((session) => session.login('u_1'))
      store.plan('read', 'hold')
      const visit = await openVisit(
        protocol,
        (request, response) => {
          visit.sessions.get(request).login('u_2')
          response.end()
        },
        browser.cookie,
        store,
      )
      const reading = await store.held('read')
      await visit.leave()
      reading.pass()
      await visit.end()
      assert.equal(await browser.see((session) => session.userId), 'u_1')
      assert.deepEqual(typesOf(visit.events), ['dropped'])
    })

    test('while the session is read: the handler still runs, once', async () => {
      const store = controlledStore()
      const browser = new Browser(createSessionManager<Loose>({ store }))
      await browser.visit((session) => session.set('theme', 'dark'))
      store.plan('read', 'hold')
      let calls = 0
      const visit = await openVisit(
        protocol,
        (request, response) => {
          calls += 1
          visit.sessions.get(request).set('theme', 'light')
          response.end()
        },
        browser.cookie,
        store,
      )
      const reading = await store.held('read')
      await visit.leave()
      reading.pass()
      await visit.end()
      assert.equal(calls, 1)
      assert.equal(await browser.see((session) => session.get('theme')), 'light')
    })

    for (const outcome of ['pass', 'refuse'] as const) {
      test(`during a held save, outcome ${outcome}`, async () => {
        const store = controlledStore()
        store.plan('create', 'hold')
        const callbacks: string[] = []
        const visit = await openVisit(
          protocol,
          (request, response) => {
            visit.sessions.get(request).set('theme', 'dark')
            response.writeHead(200, { 'X-A': '1' })
            response.addTrailers({ 'X-Sum': '1' })
            response.write('one', () => callbacks.push('written'))
            response.end('two')
          },
          undefined,
          store,
        )
        const call = await store.held('create')
        await visit.leave()
        if (outcome === 'refuse') store.always('read', 'refuse')
        call[outcome]()
        await visit.end()
        assert.equal(store.rows.size, outcome === 'pass' ? 1 : 0)
        assert.deepEqual(typesOf(visit.events), [outcome === 'pass' ? 'created' : 'failed'])
        assert.deepEqual(callbacks, ['written'])
        assert.deepEqual(
          visit.seen.filter((name) => name === 'close'),
          ['close'],
        )
      })
    }

    const beginnings: readonly [string, (session: Session<Loose>) => void][] = [
      ['after the head', (session) => session.get('theme')],
      ['after a save', (session) => session.set('theme', 'early')],
    ]
    for (const [when, begin] of beginnings) {
      test(`${when}, in the middle of the body: late changes are saved`, async () => {
        const store = controlledStore()
        const browser = new Browser(createSessionManager<Loose>({ store }))
        await browser.visit((session) => session.set('theme', 'dark'))
        const visit = await openVisit(
          protocol,
          (request, response) => {
            const session = visit.sessions.get(request)
            begin(session)
            response.write('one')
            session.set('theme', 'late')
          },
          browser.cookie,
          store,
        )
        await visit.arrived
        while (!visit.client.received().includes('one')) await settle()
        await visit.leave()
        await settle()
        assert.equal(await browser.see((session) => session.get('theme')), 'late')
        assert.equal(visit.seen.includes('close'), true)
        await visit.end()
      })
    }
  })
}
