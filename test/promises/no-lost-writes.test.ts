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
