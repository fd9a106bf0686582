import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, test } from 'node:test'
import { SessionConflictError, SessionStoreError, SessionTooLargeError } from '../../src/contract/errors.ts'
import { Browser, increment, rowOf, second, setUp, settle } from './harness.ts'
import type { LooseSession, TestClock, Visit } from './harness.ts'

/** Milliseconds that the store takes to answer. */
const roundTrip = 50

/** A store whose every call is answered after one round trip of the fake clock. */
function setUpSlow(options: Parameters<typeof setUp>[0] = {}) {
  const parts = setUp(options)
  const { store, clock } = parts
  const answerLater = (verb: 'read' | 'commit'): void => {
    store.always(verb, 'hold')
    const serve = async (): Promise<void> => {
      const call = await store.held(verb)
      clock.schedule(roundTrip, () => call.pass())
      return serve()
    }
    void serve()
  }
  const slowDown = (): void => (answerLater('read'), answerLater('commit'))
  return { ...parts, slowDown }
}

/** Moves the clock on until all have settled. Resolves to how each ended, and to the milliseconds that it took. */
async function passTime<Value>(clock: TestClock, promises: readonly Promise<Value>[], limit = 5 * second) {
  const began = clock.now()
  const endedAt: number[] = []
  promises.forEach((promise, index) => {
    const note = (): void => void (endedAt[index] = clock.now() - began)
    promise.then(note, note)
  })
  const results = Promise.allSettled(promises)
  const isOver = (): boolean => Object.keys(endedAt).length === promises.length
  for (let passed = 0; passed < limit && !isOver(); passed += 10) {
    await settle()
    if (!isOver()) clock.advance(10)
  }
  assert.ok(isOver(), 'somebody waits for ever')
  return { results: await results, endedAt }
}

/** Requests of one browser that have all loaded the same version. */
function openAll(browser: Browser, count: number): Promise<Visit[]> {
  return Promise.all(Array.from({ length: count }, () => browser.open()))
}

function reasonOf(result: PromiseSettledResult<unknown> | undefined): unknown {
  return result?.status === 'rejected' ? (result.reason as { reason?: unknown; code?: unknown }) : undefined
}

describe('saves of one session in line', () => {
  test('200 overlapping updates all count, within two round trips and a few milliseconds', async () => {
    const { browser, clock, store, slowDown } = setUpSlow()
    await browser.visit((session) => session.set('count', 0))
    const visits = await openAll(browser, 200)
    for (const { session } of visits) session.update('count', increment)
    store.recount()
    slowDown()
    const { results, endedAt } = await passTime(
      clock,
      visits.map((visit) => visit.conclude()),
    )
    assert.ok(results.every(({ status }) => status === 'fulfilled'))
    assert.equal(store.count('commit'), 2, 'the first alone, all others together')
    assert.equal(store.count('read'), 0)
    assert.ok(Math.max(...endedAt) <= 2 * roundTrip + 10, `the last took ${Math.max(...endedAt)} ms`)
    store.always('read', 'pass')
    assert.equal(await browser.see((session) => session.get('count')), 200)
  })

  test('another process in between costs one conflict for all of them', async () => {
    const { browser, clock, store, elsewhere, slowDown } = setUpSlow()
    await browser.visit((session) => session.set('count', 0))
    const visits = await openAll(browser, 50)
    await elsewhere().visit((session) => session.update('count', increment))
    for (const { session } of visits) session.update('count', increment)
    store.recount()
    slowDown()
    const { results } = await passTime(
      clock,
      visits.map((visit) => visit.conclude()),
    )
    assert.ok(results.every(({ status }) => status === 'fulfilled'))
    assert.equal(store.count('commit'), 3)
    assert.equal(store.count('read'), 1)
    store.always('read', 'pass')
    assert.equal(await browser.see((session) => session.get('count')), 51)
  })

  /** Ways to fail for one of many, and what its answer is told. */
  const misfits: Readonly<
    Record<
      string,
      { options?: object; act: (session: LooseSession) => unknown; told: (error: unknown) => boolean }
    >
  > = {
    'whose function throws when it runs again': {
      act(session) {
        let runs = 0
        session.update('count', (value) => {
          if (++runs > 1) throw new RangeError('sold out')
          return increment(value)
        })
      },
      told: (error) => error instanceof RangeError,
    },
    'that becomes too large with what the others have written': {
      options: { maxSize: 120 },
      act: (session) => session.set('long', 'x'.repeat(90)),
      told: (error) => error instanceof SessionTooLargeError,
    },
    'that overwrites under strict': {
      options: { strict: true },
      act: (session) => session.set('shared', 'mine'),
      told: (error) => error instanceof SessionConflictError && error.reason === 'overwritten',
    },
  }
  for (const [what, { options, act, told }] of Object.entries(misfits)) {
    test(`one ${what} fails alone`, async () => {
      const { browser, clock, store, slowDown } = setUpSlow(options)
      await browser.visit((session) => session.set('count', 0))
      const visits = await openAll(browser, 10)
      for (const [index, { session }] of visits.entries()) {
        if (index === 5) act(session)
        else session.update('count', increment)
        if (index === 0) session.set('shared', 'first')
        if (index === 1) session.set('filler', 'y'.repeat(20))
      }
      slowDown()
      const { results } = await passTime(
        clock,
        visits.map((visit) => visit.conclude()),
      )
      assert.deepEqual(
        results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : [])),
        [5],
      )
      assert.ok(told(reasonOf(results[5])), String(reasonOf(results[5])))
      store.always('read', 'pass')
      const entries = await browser.see((session) => Object.fromEntries(session.entries()))
      assert.deepEqual(entries, { count: 9, shared: 'first', filler: 'y'.repeat(20) })
    })
  }

  test('one whose token a login has replaced fails alone, in the line of those who hold the new one', async () => {
    const { browser, clock, sessions, store, slowDown } = setUpSlow()
    await browser.visit((session) => session.set('count', 0))
    const thief = await new Browser(sessions, browser.cookie).open()
    await browser.visit((session) => session.login('u_1'))
    const visits = await openAll(browser, 4)
    for (const { session } of visits) session.update('count', increment)
    thief.session.update('count', () => 1000)
    slowDown()
    const endings = [...visits.slice(0, 2), thief, ...visits.slice(2)].map((visit) => visit.conclude())
    const { results } = await passTime(clock, endings)
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    )
    assert.equal((reasonOf(results[2]) as SessionConflictError).reason, 'replaced')
    store.always('read', 'pass')
    assert.equal(await browser.see((session) => session.get('count')), 4)
  })

  test('a login among them goes alone, and what had loaded before it is refused from then on', async () => {
    const { browser, clock, store, slowDown } = setUpSlow()
    await browser.visit((session) => session.set('count', 0))
    const visits = await openAll(browser, 6)
    for (const { session } of visits) session.update('count', increment)
    visits[3]?.session.login('u_1')
    slowDown()
    const { results } = await passTime(
      clock,
      visits.map((visit) => visit.conclude()),
    )
    assert.deepEqual(
      results.map((result) => (reasonOf(result) as SessionConflictError | undefined)?.reason),
      [undefined, undefined, undefined, undefined, 'replaced', 'replaced'],
    )
    store.always('read', 'pass')
    assert.deepEqual(await browser.see((session) => [session.userId, session.get('count')]), ['u_1', 4])
  })

  test('saves of one session in line who waits for longer than the timeout fails with busy, and nothing of theirs was sent', async () => {
    const { browser, clock, store } = setUp({ timeout: '2s' })
    await browser.visit((session) => session.set('count', 0))
    const [first, alone, last] = (await openAll(browser, 3)) as [Visit, Visit, Visit]
    first.session.set('first', 1)
    alone.session.set('alone', 1)
    alone.session.regenerateId()
    last.session.set('last', 1)
    store.always('commit', 'hold')
    const endings = [first, alone, last].map((visit) => visit.conclude())
    const passing = passTime(clock, endings)
    const leading = await store.held('commit')
    clock.schedule(1500, () => leading.pass())
    const follower = await store.held('commit')
    const { results, endedAt } = await passing
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    )
    assert.deepEqual(endedAt, [1500, 2000, 2000])
    assert.ok(
      reasonOf(results[1]) instanceof SessionStoreError,
      'its commit is under way, and may be applied',
    )
    assert.equal((reasonOf(results[2]) as SessionConflictError).reason, 'busy')
    follower.pass()
    await settle()
    store.always('commit', 'pass')
    const row = rowOf(store.rows, clock)
    assert.deepEqual(Object.keys(JSON.parse(row.data) as object), ['count', 'first', 'alone'])
    assert.equal(store.count('commit'), 2)
  })

  test('those behind a store that does not answer fail with it, at once and within the timeout', async () => {
    const { browser, clock, store } = setUp({ timeout: '2s' })
    await browser.visit((session) => session.set('count', 0))
    const visits = await openAll(browser, 20)
    for (const { session } of visits) session.update('count', increment)
    store.always('commit', 'hang')
    store.always('read', 'hang')
    const { results, endedAt } = await passTime(
      clock,
      visits.map((visit) => visit.conclude()),
    )
    // Those whose own time is up at the same instant are told that they were in line.
    assert.ok(results.every((result) => (reasonOf(result) as SessionStoreError).status === 503))
    assert.ok(Math.max(...endedAt) <= 2 * second, `the last took ${Math.max(...endedAt)} ms`)
    store.always('commit', 'pass')
    store.always('read', 'pass')
    await browser.visit((session) => session.set('works', true))
    assert.equal(await browser.see((session) => session.get('works')), true)
  })

  for (const end of ['save', 'commit'] as const) {
    test(`a ${end} waits no longer for the earlier save of its request and itself than timeout`, async () => {
      const { browser, store, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const visit = await browser.open()
      const { session } = visit
      session.set('a', 2)
      store.always('commit', 'hold')
      const first = session.save()
      const held = await store.held('commit')
      session.set('a', 3)
      clock.schedule(1.9 * second, () => held.pass())
      const later = end === 'save' ? session.save() : visit.conclude()
      const { results, endedAt } = await passTime<unknown>(clock, [first, later])
      assert.equal(results[0]?.status, 'fulfilled')
      assert.ok(reasonOf(results[1]) instanceof SessionStoreError)
      assert.ok((endedAt[1] ?? Infinity) <= 2 * second, `it took ${endedAt[1]} ms`)
    })
  }

  test('one that gives up after an earlier save of its own request takes nobody behind it along', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const [impatient, patient] = await openAll(browser, 2)
    impatient?.session.set('a', 2)
    store.always('commit', 'hold')
    const first = impatient?.session.save() as Promise<unknown>
    const held = await store.held('commit')
    impatient?.session.set('a', 3)
    clock.schedule(1.9 * second, () => held.pass())
    const later = impatient?.session.save() as Promise<unknown>
    clock.schedule(1.95 * second, () => {
      patient?.session.set('b', 1)
      behind = patient?.session.save()
    })
    let behind: Promise<unknown> | undefined
    await passTime(clock, [first, later])
    void store.held('commit').then((call) => call.pass())
    store.always('commit', 'pass')
    await behind
    const entries = await browser.see((session) => Object.fromEntries(session.entries()))
    assert.equal(entries['b'], 1)
  })

  test('those of a session with thousands of values are written in parts, so that others get their turn', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => {
      for (let index = 0; index < 2000; index += 1) session.set(`n${index}`, 0)
    })
    const visits = await openAll(browser, 301)
    for (const { session } of visits) session.update('n0', increment)
    store.recount()
    await Promise.all(visits.map((visit) => visit.conclude()))
    assert.equal(store.count('commit'), 1 + 3, 'the first alone, all others by the hundred')
    assert.equal(await browser.see((session) => session.get('n0')), 301)
  })

  test('each runs its functions in the asynchronous context of its own request', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('names', []))
    const request = new AsyncLocalStorage<string>()
    const add = (names: unknown): unknown => [...(names as string[]), request.getStore()]
    store.plan('commit', 'hold')
    const requests = ['a', 'b', 'c', 'd'].map((name) =>
      request.run(name, () => browser.visit((session) => session.update('names', add))),
    )
    const held = await store.held('commit')
    await settle()
    held.pass()
    await Promise.all(requests)
    assert.deepEqual(await browser.see((session) => session.get('names')), ['a', 'b', 'c', 'd'])
  })
})
