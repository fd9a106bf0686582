import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionTooLargeError } from '../../src/contract/errors.ts'
import { rowOf, setUp } from './harness.ts'

describe('flash messages', () => {
  test('flash messages of one kind add up and are taken once, oldest first', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.flash('info', 'one'))
    await browser.visit((session) => {
      session.flash('info', 'two')
      session.flash('error', 'three')
    })
    await browser.visit((session) => assert.deepEqual(session.takeFlash('info'), ['one', 'two']))
    await browser.visit((session) => {
      assert.deepEqual(session.takeFlash('info'), [])
      assert.deepEqual(session.takeFlash('error'), ['three'])
    })
  })

  test('flash messages can be taken by the request that left them', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => {
      session.flash('info', 'one')
      assert.deepEqual(session.takeFlash('info'), ['one'])
      assert.deepEqual(session.takeFlash('info'), [])
    })
    assert.equal(store.count(), 0)
  })

  test('flash messages that were all taken leave nothing behind', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.flash('info', 'one'))
    await browser.visit((session) => session.takeFlash('info'))
    assert.equal(rowOf(store.rows, clock).data, '{}')
  })

  test('flash messages of overlapping requests are all kept', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visits = await Promise.all(Array.from({ length: 20 }, () => browser.open()))
    visits.forEach(({ session }, index) => session.flash('info', `message ${index}`))
    await Promise.all(visits.map((visit) => visit.conclude()))
    const messages = await browser.see((session) => session.takeFlash('info'))
    assert.deepEqual(messages.toSorted(), visits.map((_, index) => `message ${index}`).toSorted())
  })

  test('flash messages that came while others were taken stay', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.flash('info', 'one'))
    const taking = await browser.open()
    assert.deepEqual(taking.session.takeFlash('info'), ['one'])
    await browser.visit((session) => session.flash('info', 'two'))
    await taking.conclude()
    assert.deepEqual(await browser.see((session) => session.takeFlash('info')), ['two'])
  })

  for (const text of ['two', 'one']) {
    test(`flash messages are shown at least once: what came between two overlapping takes stays (${text})`, async () => {
      const { browser } = setUp()
      await browser.visit((session) => session.flash('info', 'one'))
      const [first, second] = [await browser.open(), await browser.open()]
      first.session.takeFlash('info')
      second.session.takeFlash('info')
      await first.conclude()
      await browser.visit((session) => session.flash('info', text))
      await second.conclude()
      assert.deepEqual(await browser.see((session) => session.takeFlash('info')), [text])
    })
  }

  test('flash messages are no values: no list names them, and clear removes them', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      session.flash('info', 'one')
      assert.deepEqual(session.keys(), [])
      assert.deepEqual(session.entries(), [])
    })
    await browser.visit((session) => session.clear())
    assert.deepEqual(await browser.see((session) => session.takeFlash('info')), [])
  })

  test('flash messages come as a list whose edits nobody else sees', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.flash('info', 'one'))
    const [first, second] = [await browser.open(), await browser.open()]
    const list = first.session.takeFlash('info') as string[]
    if (!Object.isFrozen(list)) list.push('x')
    assert.deepEqual(second.session.takeFlash('info'), ['one'])
  })

  test('flash messages must be text', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      assert.throws(() => session.flash('info', 5 as unknown as string), TypeError)
      assert.throws(() => session.flash('info', undefined as unknown as string), TypeError)
    })
  })

  test('count towards maxSize', async () => {
    const { browser } = setUp({ maxSize: 100 })
    await browser.visit((session) => {
      assert.throws(() => session.flash('info', 'x'.repeat(100)), SessionTooLargeError)
      assert.deepEqual(session.takeFlash('info'), [])
    })
  })

  test('flash messages: left after logout reach the next page, in a session of its own', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.login('u_1'))
    const { token } = browser
    await browser.visit((session) => {
      session.logout()
      session.flash('info', 'Goodbye')
    })
    assert.notEqual(browser.token.slice(0, 32), token.slice(0, 32))
    await browser.visit((session) => {
      assert.deepEqual(session.takeFlash('info'), ['Goodbye'])
      assert.equal(session.userId, undefined)
    })
  })
})

test('a message taken by a HEAD request, which shows nothing, stays for the next request', async () => {
  const { browser } = setUp()
  await browser.visit((session) => session.flash('notice', 'Saved'))
  const head = await browser.open()
  head.session.takeFlash('notice')
  await head.conclude({ isBodiless: true })
  assert.deepEqual(await browser.see((session) => session.takeFlash('notice')), ['Saved'])
})

test('a HEAD request that takes messages sends the token that its handler has read', async () => {
  const { browser } = setUp()
  let token = ''
  await browser.visit(
    (session) => {
      token = session.id
      session.set('theme', 'dark')
      session.flash('notice', 'Saved')
      session.takeFlash('notice')
    },
    { isBodiless: true },
  )
  assert.equal(browser.token, token)
  assert.deepEqual(await browser.see((session) => session.takeFlash('notice')), ['Saved'])
})
