import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { UncachedRead } from '../../src/contract/capabilities.ts'
import { SessionStoreError } from '../../src/contract/errors.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionEvent } from '../../src/manager/events.ts'
import { cachedStore } from '../../src/stores/cached.ts'
import { Browser, increment, rowsOf, settle, setUp, openExchange } from './harness.ts'
import type { Loose, LooseSession } from './harness.ts'

/** A browser whose requests reach this process, or another one that caches reads for five seconds. */
async function setUpCached() {
  const here = setUp()
  const store = cachedStore(here.store)
  const events: SessionEvent[] = []
  const sessions = createSessionManager<Loose>({
    clock: here.clock,
    store,
    onEvent: (event) => events.push(event),
  })
  await here.browser.visit((session) => session.set('cart', ['a']))
  const cached = new Browser(sessions, here.browser.cookie)
  assert.deepEqual(await cached.see((session) => session.get('cart')), ['a'])
  return { ...here, cached, events }
}

describe('behind a cache', () => {
  test('a login in another process is seen at once, since its token opens no cached record', async () => {
    const { browser, cached, events } = await setUpCached()
    await browser.visit((session) => session.login('u_1'))
    cached.cookie = browser.cookie
    assert.equal(await cached.see((session) => session.userId), 'u_1')
    assert.deepEqual(events, [])
    await cached.visit((session) => session.set('theme', 'dark'))
    assert.equal(cached.cookie, browser.cookie, 'the cookie of the login was replaced')
    assert.equal(await browser.see((session) => session.get('theme')), 'dark')
  })
  test('a token that never was this of this session is rejected, with one read more', async () => {
    const { store, cached, events } = await setUpCached()
    store.recount()
    cached.cookie = (cached.cookie ?? '').replace(/.{32}$/, '0'.repeat(32))
    assert.equal(await cached.see((session) => session.isNew), true)
    assert.equal(store.count('read'), 1)
    assert.deepEqual(
      events.map((event) => event.type === 'rejected' && event.reason),
      ['wrong-verifier'],
    )
  })
  test('a token that the record accepts, and any without a cache, costs one read', async () => {
    const { store, browser, cached, clock } = await setUpCached()
    clock.advance(5000)
    store.recount()
    await cached.see((session) => session.get('cart'))
    assert.equal(store.count('read'), 1)
    browser.cookie = (browser.cookie ?? '').replace(/.{32}$/, '0'.repeat(32))
    await browser.see((session) => session.isNew)
    assert.equal(store.count('read'), 2)
  })
  test('both reads together end within the timeout', async () => {
    const { store, clock, browser } = setUp()
    await browser.visit((session) => session.set('cart', ['a']))
    const slow = Object.assign(store, {
      readUncached: () => new Promise<undefined>(() => {}),
    } satisfies UncachedRead)
    const sessions = createSessionManager<Loose>({ clock, store: slow, timeout: '2s' })
    const cookie = (browser.cookie ?? '').replace(/.{32}$/, '0'.repeat(32))
    store.plan('read', 'hold')
    const opening = openExchange(sessions, { cookie, secure: false })
    const held = await store.held('read')
    clock.advance(1500)
    held.pass()
    await settle()
    clock.advance(500)
    const { session } = await opening
    assert.throws(
      () => session.get('cart'),
      (error: unknown) => error instanceof SessionStoreError && error.operation === 'read',
    )
  })
  test('a session ended elsewhere is shown for ttl at most, and nothing is written to it', async () => {
    const { store, clock, browser, cached } = await setUpCached()
    const { cookie } = cached
    await browser.visit((session) => session.logout())
    assert.deepEqual(await cached.see((session) => session.get('cart')), ['a'])
    await assert.rejects(
      cached.visit((session) => session.set('cart', ['revived'])),
      { reason: 'gone' },
    )
    assert.deepEqual(rowsOf(store.rows, clock), [])
    cached.cookie = cookie
    clock.advance(5000)
    assert.equal(await cached.see((session) => session.isNew), true)
  })
  test('a token from before a login elsewhere shows the old state for ttl, and writes nothing', async () => {
    const { browser, cached, clock } = await setUpCached()
    await browser.visit((session) => session.login('u_1'))
    assert.equal(await cached.see((session) => session.userId), undefined)
    await assert.rejects(
      cached.visit((session) => session.set('cart', ['of a thief'])),
      { reason: 'replaced' },
    )
    assert.deepEqual(await browser.see((session) => session.get('cart')), ['a'])
    clock.advance(5000)
    assert.equal(await cached.see((session) => session.isNew), true)
  })
  const backs: Readonly<Record<string, (session: LooseSession) => unknown>> = {
    set: (session) => session.set('cart', ['a']),
    'set and save': async (session) => {
      session.set('cart', ['a'])
      await session.save()
    },
    update: (session) => session.update('cart', () => ['a']),
  }
  for (const [name, change] of Object.entries(backs)) {
    test(`${name} to what the cache still shows undoes what another process has set since`, async () => {
      const { browser, cached } = await setUpCached()
      await browser.visit((session) => session.set('cart', ['b']))
      await cached.visit(change)
      assert.deepEqual(await browser.see((session) => session.get('cart')), ['a'])
    })
  }
  test('behind a cache: delete of what the cache does not show removes what another process has set since', async () => {
    const { browser, cached } = await setUpCached()
    await browser.visit((session) => session.set('coupon', 'x'))
    await cached.visit((session) => session.delete('coupon'))
    assert.equal(await browser.see((session) => session.has('coupon')), false)
  })
  test('a change that changes nothing costs one read past the cache and no commit', async () => {
    const { store, cached } = await setUpCached()
    store.recount()
    await cached.visit((session) => session.set('cart', ['a']))
    assert.deepEqual([store.count('read'), store.count()], [1, 1])
  })
  test('no update of a counter is lost between two processes that cache', async () => {
    const { browser, cached } = await setUpCached()
    for (let round = 0; round < 20; round += 1) {
      const visits = [await browser.open(), await cached.open(), await cached.open()]
      for (const { session } of visits) session.update('count', increment)
      await Promise.all(visits.map((visit) => visit.conclude()))
    }
    assert.equal(await browser.see((session) => session.get('count')), 60)
  })
})
