import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser, hour, minute, rowOf, setUp, settle } from './harness.ts'
import type { SessionOptions } from '../../src/manager/session-options.ts'

const day = 24 * hour

/** A session made under long limits, and the same browser served under shorter ones, after some time. */
async function shorten(shorter: SessionOptions, passed: number) {
  const long = setUp({ maxAge: '400d', idleTimeout: '400d' })
  await long.browser.visit((session) => session.set('a', 1))
  long.clock.advance(passed)
  const short = setUp({ ...shorter, store: long.store, clock: long.clock })
  return { ...long, short, browser: new Browser(short.sessions, long.browser.cookie), before: long.browser }
}

describe('shorter options', () => {
  test('shorter options end a session that was unused for longer, and what ended stays ended', async () => {
    const { browser, before, store, short } = await shorten({ maxAge: '300d', idleTimeout: '15m' }, 2 * hour)
    assert.equal(await browser.see((session) => session.isNew), true)
    assert.equal(store.rows.size, 0)
    assert.deepEqual(short.events, [{ type: 'rejected', reason: 'unknown' }])
    assert.equal(await before.see((session) => session.isNew), true)
  })

  test('shorter options end a session that lived for longer, however much it was used', async () => {
    const { browser, before, clock } = await shorten({ maxAge: '20d' }, 20 * day - minute)
    await before.visit((session) => session.set('a', 2))
    assert.equal(await browser.see((session) => session.get('a')), 2)
    clock.advance(minute)
    assert.equal(await browser.see((session) => session.isNew), true)
  })

  test('sign nobody out who is using the session, whose uses were not all written', async () => {
    // Under 400 days a use is written once an hour at most, so it may be an hour ago as far as the row tells.
    for (const [passed, isOpen] of [
      [hour + 15 * minute - 1, true],
      [hour + 15 * minute, false],
    ] as const) {
      const { browser } = await shorten({ maxAge: '300d', idleTimeout: '15m' }, passed)
      assert.equal(await browser.see((session) => session.get('a')), isOpen ? 1 : undefined)
    }
  })

  test('shorter options are written by the next save, after which no slack is left', async () => {
    const { browser, store, clock, before } = await shorten({ maxAge: '30d', idleTimeout: '30m' }, minute)
    await browser.visit((session) => session.set('a', 2))
    const { idleTimeout, idleExpiresAt, endsAt, createdAt } = rowOf(store.rows, clock)
    assert.deepEqual(
      [idleTimeout, idleExpiresAt - clock.now(), endsAt - createdAt],
      [30 * minute, 30 * minute, 30 * day],
    )
    clock.advance(30 * minute)
    assert.equal(await before.see((session) => session.isNew), true)
  })

  test('bound what a touch extends', async () => {
    const { browser, store, clock } = await shorten({ maxAge: '30d', idleTimeout: '2h' }, hour)
    const { idleExpiresAt } = rowOf(store.rows, clock)
    await browser.visit((session) => session.get('a'))
    await settle()
    assert.equal(rowOf(store.rows, clock).lastSeenAt, clock.now())
    assert.equal(rowOf(store.rows, clock).idleExpiresAt, idleExpiresAt)
  })

  test('shorter options that cannot delete the record end the session all the same, and tell of the failure', async () => {
    const { browser, store, short } = await shorten({ maxAge: '1d' }, 2 * day)
    store.plan('delete', 'refuse')
    assert.equal(await browser.see((session) => session.isNew), true)
    assert.deepEqual(
      short.events.map(({ type }) => type),
      ['failed', 'rejected'],
    )
  })

  test('shorter options take no longer than timeout, read and delete together', async () => {
    const { browser, short, store, clock } = await shorten({ maxAge: '300d', idleTimeout: '15m' }, 2 * hour)
    store.plan('read', 'hold')
    store.plan('delete', 'hang')
    const opening = browser.open()
    const held = await store.held('read')
    clock.advance(1500)
    held.pass()
    await settle()
    clock.advance(500)
    const { session } = await opening
    assert.equal(session.isNew, true)
    assert.deepEqual(
      short.events.map(({ type }) => type),
      ['failed', 'rejected'],
    )
  })

  test('shorter options leave out of lists what a load would refuse', async () => {
    const long = setUp({ maxAge: '400d' })
    await long.browser.visit((session) => session.login('ada'))
    long.clock.advance(2 * day)
    const short = setUp({ maxAge: '1d', store: long.store, clock: long.clock })
    assert.deepEqual(await short.sessions.list('ada'), [])
  })

  test('shorter options do not apply to a session with lifetimes of its own', async () => {
    const { browser, store, clock } = await shorten({ maxAge: '1d' }, 2 * day)
    const { read } = store
    store.read = async (key, now) => {
      const record = await read(key, now)
      return record && { ...record, lifetimes: 'own' as const }
    }
    assert.equal(await browser.see((session) => session.get('a')), 1)
    assert.equal(clock.now() > 0, true)
  })
})

test('longer options prolong no session that has begun', async () => {
  const short = setUp({ maxAge: '1d' })
  await short.browser.visit((session) => session.set('a', 1))
  const long = setUp({ maxAge: '30d', store: short.store, clock: short.clock })
  short.clock.advance(day)
  assert.equal(await new Browser(long.sessions, short.browser.cookie).see((session) => session.isNew), true)
})
