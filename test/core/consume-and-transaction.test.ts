import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionStateError } from '../../src/contract/errors.ts'
import type { SessionValues } from '../../src/session/session-values.ts'
import { Browser, drive, increment, rowOf, setUp } from './harness.ts'
import type { Loose } from './harness.ts'

describe('consume', () => {
  test('consume gives a value once', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    await browser.visit(async (session) => {
      assert.equal(await session.consume('code'), 'x')
      assert.equal(await session.consume('code'), undefined)
      assert.equal(session.has('code'), false)
    })
    assert.equal(await browser.see((session) => session.has('code')), false)
  })

  test('consume gives a value once that was never stored, and it does not come back', async () => {
    const { browser, store } = setUp()
    await browser.visit(async (session) => {
      session.set('code', 'x')
      const token = session.id
      assert.equal(await session.consume('code'), 'x')
      assert.equal(await session.consume('code'), undefined)
      assert.equal(session.has('code'), false)
      assert.equal(session.id, token)
      assert.equal(store.count(), 0)
      session.set('a', 1)
    })
    assert.deepEqual(await browser.see((session) => session.keys()), ['a'])
  })

  test('consume has one winner among 100 requests of one process', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    const visits = await Promise.all(Array.from({ length: 100 }, () => browser.open()))
    const results = await Promise.all(visits.map(({ session }) => session.consume('code')))
    assert.deepEqual(
      results.filter((result) => result !== undefined),
      ['x'],
    )
  })

  test('consume has one winner among processes', async () => {
    const { browser, elsewhere, clock } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    const visits = await Promise.all(Array.from({ length: 20 }, () => elsewhere().open()))
    const results = await drive(clock, Promise.all(visits.map(({ session }) => session.consume('code'))))
    assert.deepEqual(
      results.filter((result) => result !== undefined),
      ['x'],
    )
  })

  test('consume has one winner when the answer of the winner is lost', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    const visits = await Promise.all(Array.from({ length: 10 }, () => browser.open()))
    store.plan('commit', 'lose', 'lose', 'lose')
    const results = await drive(clock, Promise.all(visits.map(({ session }) => session.consume('code'))))
    assert.deepEqual(
      results.filter((result) => result !== undefined),
      ['x'],
    )
  })

  test('consume has at most one winner among processes whose answers are lost and refused', async () => {
    const { browser, elsewhere, store, clock } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    const visits = await Promise.all(Array.from({ length: 6 }, () => elsewhere().open()))
    store.plan('commit', 'refuse', 'lose', 'lose', 'refuse', 'refuse', 'lose', 'refuse')
    const results = await drive(clock, Promise.all(visits.map(({ session }) => session.consume('code'))))
    assert.deepEqual(
      results.filter((result) => result !== undefined),
      ['x'],
    )
  })

  test('consume gives nothing that another request consumed after this one had read it', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    const slow = await browser.open()
    assert.equal(slow.session.get('code'), 'x')
    await elsewhere().visit((session) => session.consume('code'))
    assert.equal(await slow.session.consume('code'), undefined)
  })

  test('consume finds a value that another request set after this one had read', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const slow = await browser.open()
    await elsewhere().visit((session) => session.set('code', 'x'))
    assert.equal(await slow.session.consume('code'), 'x')
  })

  test('consume is not undone when the handler fails afterwards', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    await browser.visit((session) => session.consume('code'), { status: 500, hasFailed: true })
    assert.equal(await browser.see((session) => session.has('code')), false)
  })

  test('consume gives nothing after a rotation: the token had no say any more', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    const slow = await browser.open()
    const fast = elsewhere()
    await fast.visit((session) => session.login('u_1'))
    assert.equal(await slow.session.consume('code'), undefined)
    assert.equal(await fast.see((session) => session.get('code')), 'x')
  })

  test('consume gives values that cannot be frozen, and undefined looks like nothing', async () => {
    const { browser } = setUp()
    await browser.visit((session) => (session.set('when', new Date(5)), session.set('nothing', undefined)))
    await browser.visit(async (session) => {
      assert.deepEqual(await session.consume('when'), new Date(5))
      assert.equal(await session.consume('nothing'), undefined)
      assert.equal(session.has('nothing'), false)
    })
  })

  test('consume fails with the store, and the value is then given to nobody', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    const { session } = await browser.open()
    store.always('commit', 'refuse')
    await assert.rejects(session.consume('code'), { status: 503, operation: 'commit' })
    assert.throws(() => session.get('code'), { status: 503 })
  })
})

describe('transaction', () => {
  test('transaction runs on the freshest data, together with what the request did before, and saves', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('seats', 5))
    const slow = await browser.open()
    slow.session.set('before', 1)
    await elsewhere().visit((session) => session.set('seats', 3))
    const left = await slow.session.transaction((values) => {
      assert.equal(values.get('before'), 1)
      values.update('seats', (seats) => Number(seats) - 1)
      return values.get('seats')
    })
    assert.equal(left, 2)
    assert.equal(slow.session.get('seats'), 2)
    assert.deepEqual(await browser.see((session) => session.entries()), [
      ['seats', 2],
      ['before', 1],
    ])
  })

  test('transaction gives what the last run returned', async () => {
    const { browser, elsewhere, store } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const slow = await browser.open()
    store.plan('commit', 'hold')
    let runs = 0
    const transacting = slow.session.transaction((values) => {
      runs += 1
      values.update('count', increment)
      return [runs, values.get('count')]
    })
    const held = await store.held('commit')
    await elsewhere().visit((session) => session.set('count', 10))
    held.pass()
    assert.deepEqual(await transacting, [2, 11])
  })

  test('transaction that only reads gives what is stored now', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const slow = await browser.open()
    await elsewhere().visit((session) => session.set('a', 2))
    assert.equal(await slow.session.transaction((values) => values.get('a')), 2)
  })

  test('transaction whose function throws changes nothing, and what was recorded before stands', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.recount()
    await browser.visit(async (session) => {
      session.set('before', 1)
      await assert.rejects(session.transaction(editAndThrow), /^Error: no$/)
      assert.equal(store.count('commit'), 0)
      assert.deepEqual([session.get('a'), session.get('before')], [1, 1])
    })
    assert.deepEqual(await browser.see((session) => session.entries()), [
      ['a', 1],
      ['before', 1],
    ])
  })

  test('transaction whose function throws when it is run again changes nothing either', async () => {
    const { browser, elsewhere, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const slow = await browser.open()
    store.plan('commit', 'hold')
    const transacting = slow.session.transaction((values) => {
      if (values.get('a') === 9) throw new Error('no')
      values.set('b', 2)
    })
    const held = await store.held('commit')
    await elsewhere().visit((session) => session.set('a', 9))
    held.pass()
    await assert.rejects(transacting, /^Error: no$/)
    await slow.conclude()
    assert.deepEqual(await browser.see((session) => session.keys()), ['a'])
  })

  test('transaction refuses a function that returns a promise, and saves nothing', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.recount()
    await browser.visit(async (session) => {
      await assert.rejects(session.transaction(editAndReject), { name: 'TypeError', message: /synchronous/ })
    })
    assert.equal(store.count('commit'), 0)
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('transaction refuses what is no function', async () => {
    const { browser } = setUp()
    await browser.visit(async (session) => {
      await assert.rejects(session.transaction('x' as unknown as () => void), TypeError)
    })
  })

  test('transaction throws when the session ended meanwhile', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const slow = await browser.open()
    await elsewhere().visit((session) => session.destroy())
    await assert.rejects(
      slow.session.transaction((values) => values.set('b', 1)),
      { reason: 'gone', status: 409 },
    )
  })

  test('transaction begins a session for a visitor', async () => {
    const { browser } = setUp()
    const { setCookie } = await browser.visit((session) =>
      session.transaction((values) => values.set('a', 1)),
    )
    assert.ok(setCookie)
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('transaction is not undone when the handler fails afterwards, and its cookie is sent', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.transaction((values) => values.set('a', 1)), { status: 500 })
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('together with a login rotates once', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { token } = browser
    await browser.visit(async (session) => {
      session.login('u_1')
      await session.transaction((values) => values.set('b', 2))
      session.set('c', 3)
    })
    assert.notEqual(browser.token, token)
    assert.equal(rowOf(store.rows, clock).userId, 'u_1')
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b', 'c'])
  })

  test('transaction gives values that are of no use afterwards: a late change throws, and is not lost in silence', async () => {
    const { browser } = setUp()
    await browser.visit(async (session) => {
      const values = await session.transaction((each) => each)
      assert.throws(() => values.set('a', 1), SessionStateError)
    })
  })

  test('transaction runs its function once when nobody interferes', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 0))
    let runs = 0
    await browser.visit((session) => session.transaction((values) => values.set('a', (runs += 1))))
    assert.equal(runs, 1)
  })

  test('transaction may flash and take', async () => {
    const { browser } = setUp()
    await browser.visit((session) => (session.set('a', 1), session.flash('info', 'one')))
    await browser.visit((session) =>
      session.transaction((values) => {
        assert.deepEqual(values.takeFlash('info'), ['one'])
        values.flash('info', 'two')
        assert.equal(values.take('a'), 1)
      }),
    )
    assert.deepEqual(await browser.see((session) => [session.keys(), session.takeFlash('info')]), [
      [],
      ['two'],
    ])
  })
})

describe('save', () => {
  test('saves now, and what it saved stays when the handler fails later', async () => {
    const { browser, store } = setUp()
    await browser.visit(
      async (session) => {
        session.set('a', 1)
        await session.save()
        assert.equal(store.rows.size, 1)
        assert.equal(session.isNew, false)
        session.set('b', 2)
      },
      { status: 500 },
    )
    assert.deepEqual(await browser.see((session) => session.keys()), ['a'])
  })

  test('save without changes calls no store', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.recount()
    await browser.visit((session) => session.save())
    assert.deepEqual([store.count('read'), store.count()], [1, 1])
  })

  test('save after the head of a session with a row needs no cookie', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    await visit.conclude()
    visit.session.set('b', 2)
    await visit.session.save()
    assert.equal(await elsewhere().see((session) => session.get('b')), 2)
  })

  test('save lets the next save begin from what it saved, without a conflict', async () => {
    const { browser, store, events } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.recount()
    await browser.visit(async (session) => {
      for (let index = 0; index < 5; index += 1) {
        session.update('a', increment)
        await session.save()
      }
    })
    assert.deepEqual([store.count('commit'), store.count('read')], [5, 1])
    assert.equal(
      events.some(({ type }) => type === 'replayed'),
      false,
    )
    assert.equal(
      await new Browser(setUp({ store }).sessions, browser.cookie).see((session) => session.get('a')),
      6,
    )
  })
})

function editAndThrow(values: SessionValues<Loose>): never {
  values.set('a', 2)
  throw new Error('no')
}

async function editAndReject(values: SessionValues<Loose>): Promise<never> {
  values.set('a', 2)
  throw new Error('lost')
}
