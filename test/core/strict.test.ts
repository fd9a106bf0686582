import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionConflictError } from '../../src/contract/errors.ts'
import { Browser, increment, rowOf, setUp } from './harness.ts'

async function collide() {
  const { browser, ...others } = setUp({ strict: true })
  await browser.visit((session) => session.set('a', 0))
  const slow = await browser.open()
  slow.session.set('b', 1)
  slow.session.set('a', 2)
  await browser.visit((session) => session.set('a', 1))
  return { browser, slow, ...others }
}

function isOverwritten(error: unknown): boolean {
  return error instanceof SessionConflictError && error.reason === 'overwritten' && error.status === 503
}

describe('strict', () => {
  test('strict makes the later of two overlapping sets of one name an error, and saves nothing of that request', async () => {
    const { browser, slow } = await collide()
    const { cookie } = browser
    await assert.rejects(slow.conclude(), isOverwritten)
    assert.equal(browser.cookie, cookie)
    assert.deepEqual(await browser.see((session) => session.entries()), [['a', 1]])
  })

  test('strict takes a delete for a set to nothing', async () => {
    const { browser } = setUp({ strict: true })
    await browser.visit((session) => session.set('a', 0))
    const slow = await browser.open()
    slow.session.delete('a')
    await browser.visit((session) => session.set('a', 1))
    await assert.rejects(slow.conclude(), isOverwritten)
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('strict names the value, and never shows it', async () => {
    const { slow } = await collide()
    await assert.rejects(slow.conclude(), /'a'/)
  })

  test('strict tells of it with an event', async () => {
    const { slow, events } = await collide()
    await slow.conclude().catch(() => {})
    const event = events.at(-1)
    assert.ok(event?.type === 'failed' && isOverwritten(event.error))
  })

  test('strict does not mind sets of different names, updates, or sets of the same value', async () => {
    const { browser } = setUp({ strict: true })
    await browser.visit((session) => session.set('a', 0))
    const slow = await browser.open()
    slow.session.update('a', increment)
    slow.session.set('b', 1)
    slow.session.set('same', 1)
    await browser.visit((session) => {
      session.update('a', increment)
      session.set('c', 1)
      session.set('same', 1)
    })
    await slow.conclude()
    assert.equal(await browser.see((session) => session.get('a')), 2)
  })

  test('strict: after a failed save shows what is stored, and lets the request go on', async () => {
    const { browser, slow } = await collide()
    await assert.rejects(slow.session.save(), isOverwritten)
    assert.equal(slow.session.has('b'), false)
    slow.session.set('c', 3)
    await slow.conclude()
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'c'])
  })

  test('strict after a failed save with a rotation keeps the token the browser has', async () => {
    const { browser, sessions, store, clock } = setUp({ strict: true })
    await browser.visit((session) => session.set('a', 0))
    const { token } = browser
    const slow = await browser.open()
    slow.session.set('a', 2)
    slow.session.regenerateId()
    await browser.visit((session) => session.set('a', 1))
    const { verifierHash } = rowOf(store.rows, clock)
    await assert.rejects(slow.session.save(), isOverwritten)
    assert.equal(slow.session.id, token)
    assert.deepEqual(await slow.conclude(), { vary: 'Cookie', cacheControl: 'private' })
    assert.equal(rowOf(store.rows, clock).verifierHash, verifierHash)
    assert.equal(await new Browser(sessions, browser.cookie).see((session) => session.isNew), false)
  })
})
