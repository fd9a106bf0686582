import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { SessionStoreError } from '../../src/contract/errors.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { controlledStore } from './controlled-store.ts'
import { Browser, hour, minute, second, setUp, settle } from './harness.ts'

describe('ping', () => {
  test('ping resolves when the store answers', async () => {
    await setUp().sessions.ping()
    await setUp({ store: memoryStore() }).sessions.ping()
  })

  test('ping uses the ping of a store that has one', async () => {
    let pings = 0
    const store = Object.assign(controlledStore(), { ping: async () => void (pings += 1) })
    await setUp({ store }).sessions.ping()
    assert.equal(pings, 1)
    assert.equal(store.count(), 0)
  })

  test('ping rejects with a SessionStoreError when the store fails, with its cause', async () => {
    const { sessions, store } = setUp()
    store.plan('read', 'refuse')
    await assert.rejects(sessions.ping(), (error: unknown) => {
      return (
        error instanceof SessionStoreError &&
        error.operation === 'ping' &&
        /refused/.test(String(error.cause))
      )
    })
    store.read = () => {
      throw new Error('no')
    }
    await assert.rejects(sessions.ping(), SessionStoreError)
  })

  test('ping rejects within timeout when the store never answers', async () => {
    const { sessions, store, clock } = setUp({ timeout: '3s' })
    store.plan('read', 'hang')
    const pinging = sessions.ping()
    clock.advance(3 * second)
    await assert.rejects(pinging, { operation: 'ping', status: 503 })
  })
})

describe('close', () => {
  test('close waits for saves and touches under way, then closes the store', async () => {
    const base = controlledStore()
    const order: string[] = []
    const store = Object.assign(base, { close: async () => void order.push('closed') })
    const { sessions, clock } = setUp({ store })
    const browsers = [new Browser(sessions), new Browser(sessions)] as const
    for (const each of browsers) await each.visit((session) => session.set('a', 1))
    clock.advance(3 * hour)
    base.plan('touch', 'hold')
    base.plan('commit', 'hold')
    await browsers[0].visit()
    const saving = browsers[1].visit((session) => session.set('a', 2)).then(() => order.push('saved'))
    const [touch, commit] = [await base.held('touch'), await base.held('commit')]
    const closing = sessions.close()
    await settle()
    assert.deepEqual(order, [])
    touch.pass()
    await settle()
    assert.deepEqual(order, [])
    commit.pass()
    await Promise.all([closing, saving])
    assert.deepEqual(order.toSorted(), ['closed', 'saved'])
  })

  test('close waits for a touch when nothing else is under way', async () => {
    const base = controlledStore()
    let isClosed = false
    const store = Object.assign(base, { close: async () => void (isClosed = true) })
    const { sessions, clock, browser } = setUp({ store })
    await browser.visit((session) => session.set('a', 1))
    clock.advance(3 * hour)
    base.plan('touch', 'hold')
    await browser.visit()
    const touch = await base.held('touch')
    const closing = sessions.close()
    await settle()
    assert.equal(isClosed, false)
    touch.pass()
    await closing
    assert.equal(isClosed, true)
  })

  test('close waits for a save and a late change as well', async () => {
    const { sessions, browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { session } = await browser.open()
    session.set('a', 2)
    store.plan('commit', 'hold')
    const saving = session.save()
    const held = await store.held('commit')
    let isClosed = false
    const closing = sessions.close().then(() => (isClosed = true))
    await settle()
    assert.equal(isClosed, false)
    held.pass()
    await Promise.all([saving, closing])
  })

  test('close is done when a save under way fails', async () => {
    const { sessions, browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.always('commit', 'refuse')
    const visiting = browser.visit((session) => session.set('a', 2))
    const [closed, visited] = await Promise.allSettled([sessions.close(), visiting])
    assert.deepEqual([closed.status, visited.status], ['fulfilled', 'rejected'])
  })

  test('twice closes without harm', async () => {
    const { sessions } = setUp()
    await sessions.close()
    await sessions.close()
  })

  test('close waits for a sweep under way, so that the store is not closed under it', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const order: string[] = []
    const store = Object.assign(controlledStore(), {
      sweepEvery: minute,
      sweep: () => promise.finally(() => order.push('swept')),
      close: () => void order.push('closed'),
    })
    const { sessions, clock, browser } = setUp({ store })
    await browser.visit()
    clock.advance(minute)
    const closing = sessions.close()
    await settle()
    resolve(false)
    await closing
    assert.deepEqual(order, ['swept', 'closed'])
  })
})

function sweepable(sweep: () => unknown) {
  return Object.assign(controlledStore(), { sweepEvery: minute, sweep: sweep as () => boolean })
}

describe('sweeping', () => {
  test('sweeping removes expired rows, a minute after their end, every sweepEvery', async () => {
    const store = memoryStore({ sweepEvery: '10m' })
    const { sessions, clock } = setUp({ store, maxAge: '15m' })
    const browser = new Browser(sessions)
    await browser.visit((session) => session.set('a', 1))
    clock.advance(10 * minute)
    await settle()
    assert.equal(store.size, 1)
    clock.advance(10 * minute)
    await settle()
    assert.equal(store.size, 0)
  })

  test('sweeping goes on at once while there is more, in steps', async () => {
    let left = 3
    const before: number[] = []
    const { clock, browser } = setUp({
      store: sweepable((...given: unknown[]) => (before.push(Number(given[0])), (left -= 1) > 0)),
    })
    await browser.visit()
    clock.advance(minute)
    for (let turn = 0; turn < 5; turn += 1) {
      await settle()
      clock.advance(0)
    }
    assert.equal(left, 0)
    assert.ok(before.every((each) => each <= clock.now() - minute))
  })

  test('sweeping goes on after a failure, which is an event', async () => {
    let sweeps = 0
    const { clock, events, browser } = setUp({
      store: sweepable(() => {
        sweeps += 1
        throw new Error('no')
      }),
    })
    await browser.visit()
    for (let turn = 0; turn < 3; turn += 1) {
      clock.advance(minute)
      await settle()
    }
    assert.equal(sweeps, 3)
    assert.equal(events.filter((event) => event.type === 'failed' && event.during === 'sweep').length, 3)
  })

  test('sweeping ends with close', async () => {
    let sweeps = 0
    const { sessions, clock, browser } = setUp({ store: sweepable(() => ((sweeps += 1), false)) })
    await browser.visit()
    clock.advance(minute)
    await settle()
    await sessions.close()
    clock.advance(hour)
    await settle()
    assert.equal(sweeps, 1)
  })

  test('sweeping keeps no process alive', async () => {
    const source = new URL('../../src/index.ts', import.meta.url).href
    const door = new URL('../../src/adapter.ts', import.meta.url).href
    const program = `
      import { createSessionManager } from '${source}'
      import { open } from '${door}'
      const sessions = createSessionManager()
      const exchange = await open(sessions, { cookie: null, secure: false })
      const { session } = exchange
      session.set('a', 1)
      await exchange.conclude({ status: 200 })
      console.log('done')`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      timeout: 20_000,
    })
    assert.equal(stdout.trim(), 'done')
  })
})

test('close saves what was changed after the head, though the response has not closed yet', async () => {
  const { sessions, browser } = setUp()
  await browser.visit((session) => session.set('a', 1))
  const visit = await browser.open()
  await visit.conclude()
  visit.session.set('a', 2)
  await sessions.close()
  assert.equal(await browser.see((session) => session.get('a')), 2)
})
