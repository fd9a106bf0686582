import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import { withSession } from '../../../src/adapters/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import type { SessionEvent } from '../../../src/index.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import { Browser, settle, typesOf, type Loose } from '../../core/harness.ts'
import { openWire, protocols } from './wire.ts'
import type { Listener, Protocol } from './wire.ts'

/** A request whose client leaves, and what is left of it. */
async function open(protocol: Protocol, handle: Listener, cookie?: string, store = controlledStore()) {
  const events: SessionEvent[] = []
  const sessions = createSessionManager<Loose>({ store, onEvent: (event) => events.push(event) })
  const arrival = Promise.withResolvers<ServerResponse>()
  const closing = Promise.withResolvers<void>()
  const seen: string[] = []
  const serve = withSession((request, response) => {
    arrival.resolve(response)
    handle(request, response)
  }, sessions)
  const wire = await openWire(protocol, (request, response) => {
    for (const name of ['finish', 'close', 'error']) response.on(name, () => seen.push(name))
    response.on('close', closing.resolve)
    serve(request, response)
  })
  const client = wire.ask({ headers: cookie ? { Cookie: cookie } : {} })
  const leave = async (): Promise<void> => {
    client.leave()
    await closing.promise
  }
  /** Nothing is under way any more: the manager waits for all that it has begun. */
  const end = async (): Promise<void> => {
    await settle()
    await sessions.close()
    await wire[Symbol.asyncDispose]()
  }
  return {
    store,
    sessions,
    events,
    seen,
    client,
    arrived: arrival.promise,
    closed: closing.promise,
    leave,
    end,
  }
}

for (const protocol of protocols) {
  suite(`a client that leaves, on ${protocol}`, () => {
    test('before the handler answers: what it answers with is saved', async () => {
      const answer = Promise.withResolvers<void>()
      const called: unknown[] = []
      const visit = await open(protocol, async (request, response) => {
        await answer.promise
        visit.sessions.get(request).set('theme', 'dark')
        response.on('error', (error) => called.push(error))
        response.write('one')
        response.end('two', () => called.push('ended'))
      })
      await visit.arrived
      await visit.leave()
      answer.resolve()
      await visit.end()
      assert.equal(visit.store.rows.size, 1)
      assert.deepEqual(typesOf(visit.events), ['created'])
      assert.deepEqual(
        visit.seen.filter((name) => name === 'close'),
        ['close'],
      )
    })

    test('while the session is read: the handler runs once, as it would', async () => {
      const store = controlledStore()
      const browser = new Browser(createSessionManager<Loose>({ store }))
      await browser.visit((session) => session.set('theme', 'dark'))
      store.plan('read', 'hold')
      let calls = 0
      const visit = await open(
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
      visit.client.leave()
      await settle()
      reading.pass()
      await visit.end()
      assert.equal(calls, 1)
      assert.equal(await browser.see((session) => session.get('theme')), 'light')
    })

    for (const outcome of ['pass', 'refuse'] as const) {
      test(`during a held commit, which then is to ${outcome}`, async () => {
        const store = controlledStore()
        store.plan('create', 'hold')
        const callbacks: string[] = []
        const visit = await open(
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
        assert.doesNotMatch(visit.client.received(), /two|session_id/)
      })
    }

    test('after the head, in the middle of the body: late changes are saved', async () => {
      const store = controlledStore()
      const browser = new Browser(createSessionManager<Loose>({ store }))
      await browser.visit((session) => session.set('theme', 'dark'))
      const visit = await open(
        protocol,
        (request, response) => {
          const session = visit.sessions.get(request)
          session.get('theme')
          response.write('one')
          session.set('theme', 'late')
        },
        browser.cookie,
        store,
      )
      await visit.arrived
      await visit.leave()
      await visit.end()
      assert.equal(await browser.see((session) => session.get('theme')), 'late')
      assert.equal(visit.seen.includes('close'), true)
    })
  })

  suite(`res.destroy, on ${protocol}`, () => {
    for (const when of ['before the head', 'during a held commit', 'after the head'] as const) {
      test(`${when}: the client gets no whole answer, and what was saved stays`, async () => {
        const store = controlledStore()
        if (when === 'during a held commit') store.plan('create', 'hold')
        const visit = await open(
          protocol,
          (request, response) => {
            response.on('error', () => {})
            if (when !== 'before the head') {
              visit.sessions.get(request).set('theme', 'dark')
              response.write('one')
            }
            if (when === 'before the head') response.destroy()
          },
          undefined,
          store,
        )
        const response = await visit.arrived
        const call = when === 'during a held commit' ? await store.held('create') : undefined
        await settle()
        if (when !== 'before the head') response.destroy()
        await visit.closed
        call?.pass()
        const received = await visit.client.done
        await visit.end()
        assert.equal(store.rows.size, when === 'before the head' ? 0 : 1)
        assert.equal(/one/.test(received), when === 'after the head')
        assert.doesNotMatch(received, /\r\n0\r\n\r\n$/)
      })
    }
  })
}
