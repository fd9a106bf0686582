import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Browser, setUp } from './harness.ts'

const unknown = `session_id=${'a'.repeat(64)}`

/** Two browsers with a session each, and a third that sends what it is told. */
async function setUpTwo() {
  const stage = setUp()
  const [first, second] = [new Browser(stage.sessions), new Browser(stage.sessions)]
  await first.visit((session) => session.login('u_1'))
  await second.visit((session) => session.login('u_2'))
  stage.events.length = 0
  stage.store.recount()
  return { ...stage, first: first.cookie ?? '', second: second.cookie ?? '' }
}

describe('several cookies of our name', () => {
  test('several cookies of our name are no reason to sign anybody out when exactly one opens a session, in any order', async () => {
    for (const junk of ['session_id=x', unknown, 'session_id=', 'session_id="quoted"']) {
      for (const isFirst of [true, false]) {
        const { browser, events, first } = await setUpTwo()
        browser.cookie = isFirst ? `${first}; ${junk}` : `${junk}; ${first}`
        assert.equal(await browser.see((session) => session.userId), 'u_1')
        const [event, ...others] = events
        assert.deepEqual([event?.type, event && 'cookies' in event && event.cookies], ['ambiguous', 2])
        assert.deepEqual(others, [])
      }
    }
  })

  test('several cookies of our name open nothing when two of them open a session each', async () => {
    const { browser, events, first, second } = await setUpTwo()
    browser.cookie = `${first}; ${second}`
    assert.equal(await browser.see((session) => session.userId), undefined)
    assert.deepEqual(events, [{ type: 'rejected', reason: 'duplicate' }])
  })

  test('several cookies of our name that are equal are one, without an event', async () => {
    const { browser, events, first } = await setUpTwo()
    browser.cookie = `${first}; ${first}`
    assert.equal(await browser.see((session) => session.userId), 'u_1')
    assert.deepEqual(events, [])
  })

  test('several cookies of our name are read side by side, up to four; more open nothing and cost no call', async () => {
    const { browser, store, first, events } = await setUpTwo()
    const others = ['b', 'c', 'd', 'e'].map((each) => `session_id=${each.repeat(64)}`)
    browser.cookie = [first, ...others.slice(0, 3)].join('; ')
    assert.equal(await browser.see((session) => session.userId), 'u_1')
    assert.equal(store.count('read'), 4)
    store.recount()
    browser.cookie = [first, ...others].join('; ')
    assert.equal(await browser.see((session) => session.userId), undefined)
    assert.equal(store.count(), 0)
    assert.deepEqual(events.at(-1), { type: 'rejected', reason: 'duplicate' })
  })

  test('several cookies of our name that are all malformed cost no call', async () => {
    const { browser, store } = await setUpTwo()
    browser.cookie = 'session_id=x; session_id=y'
    await browser.see((session) => session.userId)
    assert.equal(store.count(), 0)
  })

  test('several cookies of our name of which one was just replaced create nothing', async () => {
    const { browser, sessions, first } = await setUpTwo()
    const owner = new Browser(sessions, first)
    await owner.visit((session) => session.login('u_1'))
    browser.cookie = `${first}; ${unknown}`
    const headers = await browser.visit((session) =>
      assert.throws(() => session.set('a', 1), { reason: 'replaced' }),
    )
    assert.equal(headers.setCookie, undefined)
  })

  test('several cookies of our name of which two open a session and a third was just replaced create nothing, and end nothing', async () => {
    const { browser, sessions, store, first, second } = await setUpTwo()
    const owner = new Browser(sessions, first)
    await owner.visit((session) => session.regenerateId())
    browser.cookie = `${first}; ${owner.cookie}; ${second}`
    const headers = await browser.visit((session) => {
      assert.equal(session.userId, undefined)
      assert.throws(() => session.set('a', 1), { reason: 'replaced' })
      session.logout()
    })
    assert.equal(headers.setCookie, undefined)
    assert.equal(store.rows.size, 2)
  })

  test('several cookies of our name of which one cannot be read are an error at the first use, not a visitor', async () => {
    const { browser, store, first } = await setUpTwo()
    browser.cookie = `${first}; ${unknown}`
    store.plan('read', 'pass', 'refuse')
    const { session } = await browser.open()
    assert.throws(() => session.userId, { code: 'ERR_SESSION_STORE' })
  })

  test('several cookies of our name are judged alike after a login, which replaces its own only', async () => {
    const { browser } = await setUpTwo()
    browser.cookie = 'session_id=x'
    await browser.visit((session) => session.login('u_3'))
    browser.cookie = `session_id=x; ${browser.cookie}`
    assert.equal(await browser.see((session) => session.userId), 'u_3')
  })
})
