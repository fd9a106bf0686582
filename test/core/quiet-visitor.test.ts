import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { minute, rowOf, setUp, openExchange } from './harness.ts'
import type { LooseSession } from './harness.ts'

describe('a visitor without data', () => {
  test('a visitor without data costs no store call and gets no cookie, when nothing looks at the session', async () => {
    const { browser, store, events } = setUp()
    assert.deepEqual(await browser.visit(), {})
    assert.equal(store.count(), 0)
    assert.deepEqual(events, [])
  })

  const handlers: readonly [string, (session: LooseSession) => unknown][] = [
    [
      'reads',
      (session) => [session.get('a'), session.has('a'), session.keys(), session.entries(), session.take('a')],
    ],
    ['looks at id and handle', (session) => [session.id, session.handle, session.isNew, session.userId]],
    ['looks at times', (session) => [session.createdAt, session.expiresAt]],
    ['takes a flash', (session) => session.takeFlash('info')],
    ['deletes and clears', (session) => (session.delete('a'), session.clear())],
    [
      'sets and deletes everything',
      (session) => (session.set('a', 1), session.set('b', 2), session.delete('a'), session.delete('b')),
    ],
    ['sets and clears', (session) => (session.set('a', 1), session.flash('info', 'x'), session.clear())],
    ['asks for another id', (session) => session.regenerateId()],
    ['saves nothing', (session) => session.save()],
    ['consumes what is not there', async (session) => assert.equal(await session.consume('a'), undefined)],
    [
      'transacts without a change',
      async (session) => assert.equal(await session.transaction((values) => values.get('a')), undefined),
    ],
    ['logs out', (session) => session.logout()],
    ['destroys', (session) => session.destroy()],
    ['logs in and out', (session) => (session.login('u_1'), session.logout())],
  ]
  for (const [what, handler] of handlers) {
    test(`a visitor without data costs no store call and gets no cookie, when the handler ${what}`, async () => {
      const { browser, store, sessions } = setUp()
      const headers = await browser.visit(handler)
      assert.equal(headers.setCookie, undefined)
      assert.equal(headers.vary, 'Cookie')
      assert.equal(store.count(), 0)
      await sessions.close()
    })
  }

  test('a visitor without data costs no store call with a cookie that cannot be a token', async () => {
    const { sessions, store } = setUp()
    for (const cookie of ['session_id=', 'session_id=abc', 'other=1', `session_id=${'A'.repeat(64)}`]) {
      await openExchange(sessions, { cookie, secure: false })
    }
    assert.equal(store.count(), 0)
  })
})

describe('the costs of a session', () => {
  test('creation is one call', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    assert.equal(store.count('create'), 1)
    assert.equal(store.count(), 1)
  })

  test('a change without conflict is one read and one commit', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.recount()
    await browser.visit((session) => {
      session.set('b', 2)
      session.update('a', () => 3)
      session.flash('info', 'x')
      session.login('u_1')
    })
    assert.deepEqual([store.count('read'), store.count('commit'), store.count()], [1, 1, 2])
  })

  test('logout is one read and one delete', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.recount()
    await browser.visit((session) => session.logout())
    assert.deepEqual([store.count('read'), store.count('delete'), store.count()], [1, 1, 2])
  })

  test('1000 reads are 1000 reads and the due touches, nothing else', async () => {
    const { browser, store, clock } = setUp({ idleTimeout: '30m', touchEvery: '3m' })
    await browser.visit((session) => session.set('a', 1))
    store.recount()
    for (let index = 0; index < 1000; index += 1) {
      clock.advance(minute / 10)
      await browser.visit((session) => session.get('a'))
    }
    assert.equal(store.count('read'), 1000)
    assert.equal(store.count('touch'), 33)
    assert.equal(store.count(), 1033)
  })

  test('the costs of a session reads move no version and no data', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const before = rowOf(store.rows, clock)
    for (let index = 0; index < 10; index += 1) await browser.visit((session) => session.get('a'))
    assert.equal(rowOf(store.rows, clock), before)
  })

  test('a session that was found to be unknown costs its read and no more', async () => {
    const { browser, store } = setUp()
    browser.cookie = `session_id=${'a'.repeat(64)}`
    await browser.visit((session) => session.get('a'))
    assert.deepEqual([store.count('read'), store.count()], [1, 1])
  })
})
