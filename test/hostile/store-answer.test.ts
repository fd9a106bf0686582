/* oxlint-disable no-throw-literal, prefer-promise-reject-errors, unicorn/no-thenable -- what a hostile store does */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { SessionError, SessionStoreError } from '../../src/contract/errors.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { hour, rowOf, second, settle, setUp, typesOf } from '../core/harness.ts'
import { demandNoTraces, setUpRecord } from './damaged-store.ts'

demandNoTraces()

describe('what a hostile or damaged store answers', () => {
  const noRecords: unknown[] = [
    Buffer.from('{}'),
    'text',
    5,
    true,
    [],
    {},
    [[]],
    new Date(),
    () => {},
    { verifierHash: { toString: 1, valueOf: 1 } },
    { verifierHash: { length: 64 } },
    { previousVerifierHash: null, graceUntil: 9e15 },
    { previousVerifierHash: { length: 64 }, graceUntil: 9e15 },
    { idleExpiresAt: { valueOf: 1, toString: 1 }, authenticatedAt: { valueOf: 1, toString: 1 } },
  ]

  test('row 54: what is no record at all opens for nobody', async () => {
    for (const answer of [undefined, null, ...noRecords]) {
      for (const isLate of [false, true]) {
        const { browser, events } = await setUpRecord(() => answer, isLate)
        const headers = await browser.visit((session) => {
          assert.deepEqual([session.userId, session.isNew, session.get('a')], [undefined, true, undefined])
        })
        assert.equal(headers.setCookie, undefined, inspect(answer))
        assert.deepEqual(typesOf(events), ['rejected'], inspect(answer))
      }
    }
  })

  test('row 54: an answer that is neither true nor false is no promise that something was saved', async () => {
    for (const answer of [undefined, null, 'OK', 1, {}, Buffer.from('OK'), []] as boolean[]) {
      const { browser, store } = setUp()
      store.create = () => Promise.resolve(answer)
      await assert.rejects(
        browser.visit((session) => session.set('a', 1)),
        SessionStoreError,
        inspect(answer),
      )
      assert.equal(browser.cookie, undefined)
    }
    for (const answer of [undefined, null, 'OK', 1, {}, Buffer.from('OK'), []] as boolean[]) {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      store.commit = () => Promise.resolve(answer)
      await assert.rejects(
        browser.visit((session) => session.set('a', 2)),
        SessionStoreError,
        inspect(answer),
      )
    }
  })

  test('row 54: what is no record, read again after a conflict, is an error of ours', async () => {
    for (const answer of noRecords) {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const visit = await browser.open()
      visit.session.set('a', 2)
      store.commit = () => Promise.resolve(false)
      store.read = () => Promise.resolve(answer as SessionRecord)
      await assert.rejects(visit.conclude(), SessionError, inspect(answer))
    }
  })

  const failures: [string, () => unknown][] = [
    [
      'throws an Error',
      () => {
        throw new Error('down')
      },
    ],
    [
      'throws no Error',
      () => {
        throw 'down'
      },
    ],
    [
      'throws undefined',
      () => {
        throw undefined
      },
    ],
    ['rejects with no Error', () => Promise.reject('down')],
    ['rejects with nothing', () => Promise.reject()],
    [
      'gives a promise that throws',
      () => ({
        then() {
          throw new Error('down')
        },
      }),
    ],
    [
      'gives a promise that cannot be looked at',
      () => ({
        get then() {
          throw new Error('down')
        },
      }),
    ],
  ]

  test('row 54: a store that fails in whatever way fails with a SessionStoreError', async () => {
    for (const [how, fail] of failures) {
      for (const verb of ['read', 'create', 'commit', 'delete'] as const) {
        const { browser, store } = setUp()
        if (verb !== 'create') await browser.visit((session) => session.set('a', 1))
        Object.assign(store, { [verb]: fail })
        const visit = await browser.open()
        const act = async () => {
          if (verb === 'delete') visit.session.logout()
          else visit.session.set('a', 2)
          await visit.conclude()
        }
        await assert.rejects(act, SessionStoreError, `${verb} ${how}`)
      }
    }
  })

  test('row 54: a touch that fails in whatever way is an event only', async () => {
    for (const [how, fail] of failures) {
      const { browser, store, clock, events } = setUp({ idleTimeout: '1h' })
      await browser.visit((session) => session.set('a', 1))
      Object.assign(store, { touch: fail })
      clock.advance(hour / 2)
      await browser.visit((session) => assert.equal(session.get('a'), 1))
      await settle()
      const event = events.at(-1)
      assert.ok(
        event?.type === 'failed' && event.during === 'touch' && event.error instanceof SessionStoreError,
        how,
      )
    }
  })

  test('row 54: an answer after the deadline, or none, is an error at the deadline and nothing later', async () => {
    const { browser, store, clock } = setUp({ timeout: '2s' })
    await browser.visit((session) => session.set('a', 1))
    store.always('read', 'hold')
    const opening = browser.open()
    clock.advance(2 * second)
    const { session } = await opening
    assert.throws(() => session.get('a'), SessionStoreError)
    const late = await store.held('read')
    late.pass()
    late.refuse()
    await settle()
    assert.throws(() => session.get('a'), SessionStoreError)
  })

  test('row 54: an answer that is given twice counts once', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const row = rowOf(store.rows, clock)
    const twice = {
      then: (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => (
        resolve(row),
        resolve(undefined),
        reject(new Error('down'))
      ),
    }
    store.read = () => twice as unknown as Promise<SessionRecord>
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })
})
