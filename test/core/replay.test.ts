import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { SessionConflictError } from '../../src/contract/errors.ts'
import { Browser, drive, holdCommit, increment, rowOf, setUp, typesOf } from './harness.ts'
import type { LooseSession } from './harness.ts'

describe('overlapping requests', () => {
  test('overlapping requests of different keys all keep their changes: 50 of 50', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('first', 1))
    const visits = await Promise.all(Array.from({ length: 50 }, () => browser.open()))
    visits.forEach(({ session }, index) => session.set(`key ${index}`, index))
    store.recount()
    await Promise.all(visits.map((visit) => visit.conclude()))
    const { session } = await browser.open()
    visits.forEach((_, index) => assert.equal(session.get(`key ${index}`), index))
    assert.equal(store.count('commit'), 2, 'those who wait in line are written together')
  })

  test('overlapping requests that count with update count to 50', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const visits = await Promise.all(Array.from({ length: 50 }, () => browser.open()))
    visits.forEach(({ session }) => session.update('count', increment))
    await Promise.all(visits.map((visit) => visit.conclude()))
    assert.equal(await browser.see((session) => session.get('count')), 50)
  })

  test('overlapping requests in several processes count right as well', async () => {
    const { browser, elsewhere, clock } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const others = Array.from({ length: 5 }, () => elsewhere())
    const visits = await Promise.all(others.flatMap((other) => [other.open(), other.open(), other.open()]))
    visits.forEach(({ session }, index) => {
      session.update('count', increment)
      session.set(`key ${index}`, index)
    })
    await drive(clock, Promise.all(visits.map((visit) => visit.conclude())))
    assert.equal(await browser.see((session) => session.get('count')), 15)
    assert.equal((await browser.see((session) => session.keys())).length, 16)
  })

  test('overlapping requests that save during the request lose nothing either', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const visits = await Promise.all(Array.from({ length: 20 }, () => browser.open()))
    await Promise.all(
      visits.map(async (visit, index) => {
        visit.session.update('count', increment)
        await visit.session.save()
        visit.session.set(`key ${index}`, index)
        await visit.session.transaction((values) => values.update('count', increment))
        visit.session.update('count', increment)
        await visit.conclude()
      }),
    )
    assert.equal(await browser.see((session) => session.get('count')), 60)
    assert.equal((await browser.see((session) => session.keys())).length, 21)
  })

  test('overlapping requests end in a state that some order of them explains', async () => {
    const names = fc.constantFrom('a', 'b')
    const step = fc.oneof(
      fc.record({ call: fc.constant('update' as const), name: names }),
      fc.record({ call: fc.constant('append' as const), name: fc.constant('list') }),
      fc.record({ call: fc.constant('flash' as const), name: names }),
    )
    const requests = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(requests, fc.scheduler(), async (plans, scheduler) => {
        const { browser, elsewhere, store, clock } = setUp()
        await browser.visit((session) => session.set('list', []))
        const visits = await Promise.all(plans.map(() => elsewhere().open()))
        const commit = store.commit.bind(store)
        store.commit = scheduler.scheduleFunction(async (...given: Parameters<typeof commit>) =>
          commit(...given),
        )
        plans.forEach((steps, index) => {
          const { session } = visits[index] as (typeof visits)[number]
          for (const { call, name } of steps) {
            if (call === 'update') session.update(name, increment)
            if (call === 'append') session.update(name, (list) => [...(list as number[]), index])
            if (call === 'flash') session.flash(name, `${index}`)
          }
        })
        const ending = Promise.all(visits.map((visit) => visit.conclude()))
        const ticking = drive(clock, ending)
        await scheduler.waitFor(ticking)
        const count = (wanted: string, key: string) =>
          plans.flat().filter(({ call, name }) => call === wanted && name === key).length
        const { session } = await browser.open()
        for (const name of ['a', 'b']) {
          assert.equal(session.get(name) ?? 0, count('update', name))
          assert.equal(session.takeFlash(name).length, count('flash', name))
        }
        assert.equal((session.get('list') as number[]).length, count('append', 'list'))
      }),
      { numRuns: 50 },
    )
  })
})

/** Saves `slow` after `fast`, and gives what the store then holds. */
async function collide(
  begin: (session: LooseSession) => void,
  fast: (session: LooseSession) => void,
  slow: (session: LooseSession) => void,
) {
  const { browser, events } = setUp()
  await browser.visit(begin)
  const late = await browser.open()
  slow(late.session)
  await browser.visit(fast)
  events.length = 0
  await late.conclude()
  const entries = await browser.see((session) => session.entries())
  return { values: Object.fromEntries(entries), events }
}

describe('a conflict', () => {
  test('a conflict replays the operations in order', async () => {
    const { values } = await collide(
      (session) => session.set('list', ['begin']),
      (session) => session.update('list', (list) => [...(list as string[]), 'fast']),
      (session) => {
        session.update('list', (list) => [...(list as string[]), 'one'])
        session.set('copy', session.get('list'))
        session.update('list', (list) => [...(list as string[]), 'two'])
        session.delete('gone')
        session.set('gone', 1)
        session.delete('gone')
      },
    )
    assert.deepEqual(values, { list: ['begin', 'fast', 'one', 'two'], copy: ['begin', 'one'] })
  })

  test('a conflict is told once, with the number of attempts', async () => {
    const { events } = await collide(
      (session) => session.set('a', 1),
      (session) => session.set('b', 1),
      (session) => session.set('c', 1),
    )
    const [event, ...others] = events.filter(({ type }) => type !== 'rejected')
    assert.equal(event?.type === 'replayed' && event.attempts, 2)
    assert.deepEqual(others, [])
  })

  test('a conflict of two plain sets lets the later one win, and says so once', async () => {
    const { values, events } = await collide(
      (session) => session.set('a', 0),
      (session) => session.set('a', 1),
      (session) => (session.set('a', 2), session.set('a', 3)),
    )
    assert.deepEqual(values, { a: 3 })
    const told = events.filter((event) => event.type === 'overwritten')
    assert.deepEqual(
      told.map(({ name }) => name),
      ['a'],
    )
  })

  test('a conflict of a first set of one name says so as well', async () => {
    const { values, events } = await collide(
      (session) => session.set('other', 0),
      (session) => session.set('a', 1),
      (session) => session.set('a', 2),
    )
    assert.equal(values['a'], 2)
    assert.equal(typesOf(events).includes('overwritten'), true)
  })

  const harmless: readonly [string, (session: LooseSession) => void, (session: LooseSession) => void][] = [
    ['two sets of the same value', (session) => session.set('a', 1), (session) => session.set('a', 1)],
    ['sets of different names', (session) => session.set('a', 1), (session) => session.set('b', 1)],
    ['two updates', (session) => session.update('a', increment), (session) => session.update('a', increment)],
    ['two deletes', (session) => session.delete('a'), (session) => session.delete('a')],
    ['two flashes', (session) => session.flash('info', '1'), (session) => session.flash('info', '2')],
  ]
  for (const [what, fast, slow] of harmless) {
    test(`a conflict of ${what} overwrites nothing`, async () => {
      const { events } = await collide((session) => session.set('a', 0), fast, slow)
      assert.equal(typesOf(events).includes('overwritten'), false)
    })
  }

  test('a conflict goes on for 32 attempts, and then is an error that says busy', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const visit = await browser.open()
    visit.session.update('count', increment)
    store.recount()
    const commit = store.commit.bind(store)
    let rivals = 0
    store.commit = async (key, expected, change, now) => {
      const row = rowOf(store.rows, clock)
      const commitIds = [String(++rivals).padStart(16, '0'), ...row.commitIds].slice(0, 16)
      const current = { version: row.version, commitId: row.commitIds[0] ?? '' }
      void store.rows.commit(key, current, { ...row, version: row.version + 1, commitIds }, now)
      return commit(key, expected, change, now)
    }
    await assert.rejects(drive(clock, visit.conclude()), (error: unknown) => {
      return error instanceof SessionConflictError && error.reason === 'busy' && error.status === 503
    })
    assert.equal(store.count('commit'), 32)
    assert.equal(await browser.see((session) => session.get('count')), 0)
  })

  test('a conflict waits longer between attempts by the clock, never by the machine', async () => {
    const { browser, elsewhere, store, clock } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const visits = await Promise.all(Array.from({ length: 6 }, () => elsewhere().open()))
    visits.forEach(({ session }) => session.update('count', increment))
    const start = clock.now()
    await drive(clock, Promise.all(visits.map((visit) => visit.conclude())))
    assert.equal(await browser.see((session) => session.get('count')), 6)
    assert.ok(clock.now() - start < 500)
    assert.ok(store.count('commit') <= 1 + 2 + 3 + 4 + 5 + 6)
  })

  test('a conflict reads past a cache', async () => {
    const { browser, elsewhere, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const stale = rowOf(store.rows, clock)
    const visit = await browser.open()
    visit.session.set('b', 2)
    await elsewhere().visit((session) => session.set('c', 3))
    const { rows } = store
    let uncached = 0
    Object.assign(store, {
      read: () => stale,
      readUncached: (key: string, now: number) => ((uncached += 1), rows.read(key, now)),
    })
    await visit.conclude()
    assert.equal(uncached, 1)
    assert.deepEqual(JSON.parse(rowOf(rows, clock).data), { a: 1, c: 3, b: 2 })
  })

  test('a conflict with a function that throws when it is run again fails, saves nothing and tells of it', async () => {
    const { browser, events } = setUp()
    await browser.visit((session) => session.set('a', 0))
    const visit = await browser.open()
    visit.session.set('b', 1)
    visit.session.update('a', (value) => {
      if (value === 9) throw new Error('a bug of the application')
      return 1
    })
    await browser.visit((session) => session.set('a', 9))
    await assert.rejects(visit.conclude(), /a bug of the application/)
    assert.deepEqual(await browser.see((session) => session.keys()), ['a'])
    assert.equal(typesOf(events).includes('failed'), true)
  })

  test('a conflict keeps the touch that came in between', async () => {
    const { browser, elsewhere, store, clock } = setUp({ idleTimeout: '10m', touchEvery: '1m' })
    await browser.visit((session) => session.set('a', 1))
    const { ending, held } = await holdCommit(browser, store, (session) => session.set('b', 2))
    clock.advance(1500)
    const { key } = rowOf(store.rows, clock)
    void store.rows.touch(key, clock.now(), clock.now() + 600_000, clock.now())
    held.pass()
    await ending
    assert.equal(rowOf(store.rows, clock).lastSeenAt, clock.now())
    assert.equal(await elsewhere().see((session) => session.get('b')), 2)
  })
})

describe('two first visits without a cookie', () => {
  test('two first visits without a cookie are two sessions', async () => {
    const { sessions, store } = setUp()
    const browsers = [new Browser(sessions), new Browser(sessions)] as const
    const visits = [await browsers[0].open(), await browsers[1].open()]
    visits.forEach(({ session }, index) => session.set('a', index))
    await Promise.all(visits.map((visit) => visit.conclude()))
    assert.equal(store.rows.size, 2)
    assert.deepEqual(
      await Promise.all(browsers.map((each) => each.see((session) => session.get('a')))),
      [0, 1],
    )
  })
})
