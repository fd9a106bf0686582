import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { Session } from '../../src/session/session.ts'
import { SessionValues } from '../../src/session/session-values.ts'
import { setUp } from './harness.ts'

type Flash = (kind: string, message?: string) => unknown
const connectFlash = createRequire(import.meta.url)('connect-flash') as () => (
  request: { session: object; flash?: Flash },
  response: undefined,
  next: () => void,
) => void

/** All objects that an object has from its prototypes, and what they hold: what all of its kind share. */
function sharedBy(instance: object): object[] {
  const found: object[] = []
  for (let each: unknown = instance; each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    const holder = each as object
    for (const key of Reflect.ownKeys(holder)) {
      const { value, get } = Reflect.getOwnPropertyDescriptor(holder, key) as PropertyDescriptor
      for (const part of [value, get]) if (typeof part === 'function') found.push(part as object)
    }
    found.push(holder)
  }
  return found
}

/** What connect-flash makes of a session: a sloppy library that keeps messages in `request.session.flash`. */
function flashOf(session: object): Flash {
  const request: { session: object; flash?: Flash } = { session }
  connectFlash()(request, undefined, () => {})
  return (kind, message) => request.flash?.(kind, message)
}

describe('what all sessions share', () => {
  test('what all sessions share can be written on by nobody', async () => {
    const { browser } = setUp()
    const { session } = await browser.open()
    for (const each of [...sharedBy(session), Session, SessionValues]) {
      assert.ok(Object.isFrozen(each))
    }
    assert.ok(sharedBy(session).length > 20)
  })

  test('nor in a transaction', async () => {
    const { browser } = setUp()
    await browser.visit((session) =>
      session.transaction((values) => {
        for (const each of sharedBy(values)) assert.ok(Object.isFrozen(each))
        assert.equal(Reflect.set(values, 'note', 1), false)
      }),
    )
  })

  test('what all sessions share keeps no method that another library puts in the place of ours', async () => {
    const { browser } = setUp()
    const { session } = await browser.open()
    for (const name of ['get', 'flash', 'save', 'id', 'userId', 'theme', 'toString']) {
      assert.equal(
        Reflect.set(session, name, () => {}),
        false,
        name,
      )
      assert.equal(
        Reflect.set(Session.prototype, name, () => {}),
        false,
        name,
      )
      assert.equal(
        Reflect.set(SessionValues.prototype, name, () => {}),
        false,
        name,
      )
    }
    assert.throws(() => Object.assign(session, { flash: {} }), TypeError)
  })

  test('what all sessions share shows nobody the messages that connect-flash was given for another', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => void flashOf(session)('info', 'secret of Alice'))
    assert.deepEqual(await elsewhere().see((session) => flashOf(session)('info')), [])
    const bob = setUp().browser
    assert.deepEqual(await bob.see((session) => flashOf(session)('info')), [])
  })
})
