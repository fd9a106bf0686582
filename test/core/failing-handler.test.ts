import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rowOf, setUp } from './harness.ts'
import type { LooseSession } from './harness.ts'

const failures = [
  ['a status of 500', { status: 500 }],
  ['a status of 503', { status: 503 }],
  ['an exception', { status: 200, hasFailed: true }],
] as const

const changes: readonly [string, (session: LooseSession) => unknown][] = [
  ['a set', (session) => session.set('b', 2)],
  ['an update', (session) => session.update('a', () => 2)],
  ['a delete', (session) => session.delete('a')],
  ['a clear', (session) => session.clear()],
  ['a flash', (session) => session.flash('info', 'x')],
  ['a login', (session) => session.login('u_1')],
  ['a regenerateId', (session) => session.regenerateId()],
  ['an edit in place', (session) => (session.get('when') as Date).setTime(9)],
]

for (const [failure, response] of failures) {
  describe(`a handler that fails with ${failure}`, () => {
    for (const [what, change] of changes) {
      test(`a handler that fails with ${failure} leaves the session whole after ${what}`, async () => {
        const { browser, store, clock } = setUp()
        await browser.visit((session) => (session.set('a', 1), session.set('when', new Date(5))))
        const before = rowOf(store.rows, clock)
        const headers = await browser.visit(change, response)
        assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private' })
        assert.equal(rowOf(store.rows, clock), before)
      })
    }

    test(`a handler that fails with ${failure} makes no session of a visitor`, async () => {
      const { browser, store } = setUp()
      assert.deepEqual(await browser.visit((session) => session.login('u_1'), response), { vary: 'Cookie' })
      assert.equal(store.count(), 0)
    })

    test(`a handler that fails with ${failure} keeps a save, and sends its cookie`, async () => {
      const { browser } = setUp()
      await browser.visit(async (session) => {
        session.login('u_1')
        await session.save()
        session.set('a', 1)
      }, response)
      assert.deepEqual(await browser.see((session) => [session.userId, session.keys()]), ['u_1', []])
    })

    test(`a handler that fails with ${failure} keeps a rotation that was saved, and sends its cookie`, async () => {
      const { browser } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const { token } = browser
      await browser.visit(async (session) => {
        session.login('u_1')
        await session.save()
        session.regenerateId()
      }, response)
      assert.notEqual(browser.token, token)
      assert.equal(await browser.see((session) => session.userId), 'u_1')
    })

    test(`a handler that fails with ${failure} drops what comes after a logout, and keeps the logout`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.login('u_1'))
      await browser.visit((session) => (session.logout(), session.flash('info', 'x')), response)
      assert.equal(store.rows.size, 0)
      assert.equal(browser.cookie, undefined)
    })

    test(`a handler that fails with ${failure} is saved all the same under saveOnError`, async () => {
      const { browser } = setUp({ saveOnError: true })
      await browser.visit((session) => (session.set('a', 1), session.login('u_1')), response)
      assert.deepEqual(await browser.see((session) => [session.userId, session.get('a')]), ['u_1', 1])
    })
  })
}

describe('a handler that answers below 500', () => {
  for (const status of [200, 204, 302, 404, 422, 499]) {
    test(`a handler that answers below 500 with ${status} has its changes saved`, async () => {
      const { browser } = setUp()
      await browser.visit((session) => session.set('a', 1), { status })
      assert.equal(await browser.see((session) => session.get('a')), 1)
    })
  }
})
