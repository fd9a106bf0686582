import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { increment } from '../core/harness.ts'
import { createDoor, openStage } from './stage.ts'

describe('No lost writes', () => {
  test('two overlapping requests that set different names are both kept', async (context) => {
    const door = createDoor()
    const { browser } = await openStage(context, {
      '/begin': (session) => session.set('theme', 'dark'),
      '/slow': async (session) => {
        session.set('slow', 1)
        await door.pass()
      },
      '/quick': (session) => session.set('quick', 2),
    })
    await browser.request('/begin')
    const slow = browser.request('/slow')
    await door.reached
    await browser.request('/quick')
    door.open()
    await slow
    assert.deepEqual(JSON.parse(await browser.text('/')), [
      ['theme', 'dark'],
      ['quick', 2],
      ['slow', 1],
    ])
  })

  for (const managers of [1, 2]) {
    test(`fifty overlapping updates of one number count to fifty, with ${managers} at work`, async (context) => {
      const door = createDoor(50)
      const { browser, passTimeUntil } = await openStage(
        context,
        {
          '/begin': (session) => session.set('count', 0),
          '/count': async (session) => {
            session.update('count', increment)
            await door.pass()
          },
        },
        managers,
      )
      await browser.request('/begin')
      const counting = Array.from({ length: 50 }, () => browser.request('/count'))
      await door.reached
      door.open()
      for (const response of await passTimeUntil(Promise.all(counting))) assert.equal(response.status, 200)
      assert.equal(await browser.text('/'), '[["count",50]]')
    })
  }

  test('what waits in line behind a save is saved together, and none is left out', async (context) => {
    const door = createDoor(5)
    const { browser, store } = await openStage(context, {
      '/begin': (session) => session.set('count', 0),
      '/count': async (session) => {
        session.update('count', increment)
        await door.pass()
      },
    })
    await browser.request('/begin')
    const counting = Array.from({ length: 5 }, () => browser.request('/count'))
    await door.reached
    store.plan('commit', 'hold')
    door.open()
    const first = await store.held('commit')
    first.pass()
    for (const response of await Promise.all(counting)) assert.equal(response.status, 200)
    assert.equal(await browser.text('/'), '[["count",5]]')
  })

  test('what a request set before a regenerateId of another is kept', async (context) => {
    const door = createDoor()
    const { browser, newBrowser } = await openStage(context, {
      '/begin': (session) => session.set('theme', 'dark'),
      '/slow': async (session) => {
        session.set('slow', 1)
        await door.pass()
      },
      '/rotate': (session) => session.regenerateId(),
    })
    await browser.request('/begin')
    const slow = newBrowser(browser).request('/slow')
    await door.reached
    await browser.request('/rotate')
    door.open()
    assert.equal((await slow).status, 200)
    assert.equal(await browser.text('/'), '[["theme","dark"],["slow",1]]')
  })

  test('No lost writes: changes that an end of the session overtook are answered with 409, not with a page', async (context) => {
    const door = createDoor()
    const { browser, newBrowser } = await openStage(context, {
      '/begin': (session) => session.set('theme', 'dark'),
      '/slow': async (session) => {
        session.set('slow', 1)
        await door.pass()
      },
      '/logout': (session) => session.logout(),
    })
    await browser.request('/begin')
    const slow = newBrowser(browser).request('/slow')
    await door.reached
    await browser.request('/logout')
    door.open()
    assert.equal((await slow).status, 409)
  })

  test('what comes with a token that was just replaced begins no session in place of the newer one', async (context) => {
    const { browser, newBrowser, store } = await openStage(context, {
      '/begin': (session) => session.set('theme', 'dark'),
      '/login': (session) => session.login('u_1'),
      '/write': (session) => {
        try {
          session.set('late', 1)
        } catch {}
      },
    })
    await browser.request('/begin')
    const tab = newBrowser(browser)
    await browser.request('/login')
    assert.equal((await tab.request('/write')).headers.getSetCookie().length, 0)
    assert.equal(store.rows.size, 1)
  })

  test('a login that is clicked twice keeps the cart', async (context) => {
    const door = createDoor(2)
    const { browser, newBrowser } = await openStage(context, {
      '/begin': (session) => session.set('cart', ['coat']),
      '/login': async (session) => {
        session.login('u_1')
        await door.pass()
      },
    })
    await browser.request('/begin')
    const tabs = [newBrowser(browser), newBrowser(browser)]
    const logins = tabs.map((tab) => tab.request('/login'))
    await door.reached
    door.open()
    await Promise.all(logins)
    for (const tab of tabs) assert.equal(await tab.text('/'), '[["cart",["coat"]]]')
  })

  test('an update that the store applied, and whose answer got lost, counts once', async (context) => {
    const { browser, store } = await openStage(context, {
      '/count': (session) => session.update('count', increment),
    })
    await browser.request('/count')
    store.plan('commit', 'lose', 'pass')
    assert.equal((await browser.request('/count')).status, 200)
    assert.equal(await browser.text('/'), '[["count",2]]')
  })

  test('an update that the store refused once is sent again', async (context) => {
    const { browser, store } = await openStage(context, {
      '/count': (session) => session.update('count', increment),
    })
    await browser.request('/count')
    store.plan('commit', 'refuse', 'pass')
    assert.equal((await browser.request('/count')).status, 200)
    assert.equal(await browser.text('/'), '[["count",2]]')
  })

  test('what a handler sets after the head has left is saved when the response ends', async (context) => {
    const { browser, sessions } = await openStage(context, {
      '/begin': (session) => session.set('theme', 'dark'),
      '/late': (session, response) => {
        response.write('the head has left, ')
        session.set('late', 1)
        return response.end('the end')
      },
    })
    await browser.request('/begin')
    await browser.text('/late')
    await sessions.close()
    assert.match(await browser.text('/'), /\["late",1\]/)
  })
})
