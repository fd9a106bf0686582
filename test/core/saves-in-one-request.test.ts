import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionStoreError } from '../../src/contract/errors.ts'
import { Browser, increment, rowOf, setUp, settle } from './harness.ts'

test('a save whose function throws at the replay loses nothing, not even what was set meanwhile', async () => {
  const { browser, elsewhere, store } = setUp()
  await browser.visit((session) => session.set('count', 0))
  const { session, conclude } = await browser.open()
  let runs = 0
  session.update('count', (count) => {
    runs += 1
    if (runs === 2) throw new Error('only now')
    return increment(count)
  })
  store.plan('commit', 'hold')
  const saving = session.save()
  const held = await store.held('commit')
  session.set('later', 1)
  await elsewhere().visit((other) => other.update('count', increment))
  held.pass()
  await assert.rejects(saving, /^Error: only now$/)
  await conclude()
  assert.deepEqual(await browser.see((now) => now.entries()), [
    ['count', 2],
    ['later', 1],
  ])
})

describe('a save that nobody waited for', () => {
  test('a save that nobody waited for of a new session is finished before the head leaves, and its cookie is sent', async () => {
    const { browser, store } = setUp()
    store.plan('create', 'hold')
    const ending = browser.visit((session) => {
      session.set('a', 1)
      void session.save()
    })
    const held = await store.held('create')
    let hasLeft = false
    void ending.then(() => (hasLeft = true))
    await settle()
    assert.equal(hasLeft, false)
    held.pass()
    assert.ok((await ending).setCookie)
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('a save that nobody waited for of a stored session is finished before the head leaves', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.plan('commit', 'hold')
    const ending = browser.visit((session) => {
      session.set('a', 2)
      void session.save()
    })
    const held = await store.held('commit')
    let hasLeft = false
    void ending.then(() => (hasLeft = true))
    await settle()
    assert.equal(hasLeft, false)
    held.pass()
    await ending
  })

  test('a save that nobody waited for that failed fails the response too, whether the handler looked or not', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.always('commit', 'refuse')
    let failed = 0
    const visiting = browser.visit((session) => {
      session.set('a', 2)
      session.save().catch(() => (failed += 1))
    })
    await assert.rejects(visiting, { code: 'ERR_SESSION_STORE' })
    assert.equal(failed, 1)
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('a save that nobody waited for of a new session and a later set make one row with both', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => {
      session.set('a', 1)
      void session.save()
      session.set('b', 2)
    })
    assert.equal(store.rows.size, 1)
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b'])
  })

  test('a save that nobody waited for with a login and a later set: both are saved, and the new token is sent', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { token } = browser
    await browser.visit((session) => {
      session.login('u_1')
      void session.save()
      session.set('b', 2)
    })
    assert.notEqual(browser.token, token)
    assert.deepEqual(await browser.see((session) => [session.userId, session.keys()]), ['u_1', ['a', 'b']])
  })

  for (const kind of ['stored session', 'new session']) {
    for (const rotation of ['login', 'regenerateId'] as const) {
      test(`a save that nobody waited for does not keep a ${rotation} during it from replacing the token (${kind})`, async () => {
        const { browser, store, sessions } = setUp()
        if (kind === 'stored session') await browser.visit((session) => session.set('a', 1))
        const verb = kind === 'stored session' ? 'commit' : 'create'
        const visit = await browser.open()
        visit.session.set('b', 2)
        store.plan(verb, 'hold')
        const saving = visit.session.save()
        const held = await store.held(verb)
        const before = visit.session.id
        visit.session[rotation]('u_1')
        const shown = visit.session.id
        assert.notEqual(shown, before)
        held.pass()
        await saving
        await visit.conclude()
        assert.notEqual(browser.token, before)
        assert.equal(await browser.see((session) => session.get('b')), 2)
        const thief = new Browser(sessions, `session_id=${before}`)
        assert.equal(await thief.see((session) => session.isNew), true)
      })
    }
  }

  for (const ending of ['logout', 'destroy'] as const) {
    for (const kind of ['stored session', 'new session']) {
      test(`a save that nobody waited for does not survive a ${ending} during it (${kind})`, async () => {
        const { browser, store } = setUp()
        if (kind === 'stored session') await browser.visit((session) => session.set('a', 1))
        const verb = kind === 'stored session' ? 'commit' : 'create'
        const visit = await browser.open()
        visit.session.login('u_1')
        store.plan(verb, 'hold')
        const saving = visit.session.save()
        const held = await store.held(verb)
        visit.session[ending]()
        held.pass()
        await saving
        const headers = await visit.conclude()
        assert.equal(store.rows.size, 0)
        assert.doesNotMatch(headers.setCookie ?? '', /=[0-9a-f]{64}/)
        assert.equal(browser.cookie, undefined)
      })

      test(`a save that nobody waited for does not survive a ${ending} during it when nobody waits (${kind})`, async () => {
        const { browser, store } = setUp()
        if (kind === 'stored session') await browser.visit((session) => session.set('a', 1))
        await browser.visit((session) => {
          session.login('u_1')
          void session.save()
          session[ending]()
        })
        assert.equal(store.rows.size, 0)
        assert.equal(browser.cookie, undefined)
      })
    }
  }

  for (const ending of ['logout', 'destroy'] as const) {
    test(`a save that nobody waited for does not let a transaction or consume behind it run after a ${ending}`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const headers = await browser.visit(async (session) => {
        session.set('b', 2)
        const saving = session.save()
        const transacting = session.transaction((values) => values.set('c', 3))
        const consuming = session.consume('a')
        session[ending]()
        await saving
        await assert.rejects(transacting, { code: 'ERR_SESSION_STATE' })
        assert.equal(await consuming, undefined)
      })
      assert.equal(store.rows.size, 0)
      assert.doesNotMatch(headers.setCookie ?? '', /=[0-9a-f]{64}/)
    })
  }

  test('a save that nobody waited for begins a new session after logout during it, and only that one stays', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.login('u_1'))
    await browser.visit((session) => {
      session.set('a', 1)
      void session.save()
      session.logout()
      session.flash('info', 'Goodbye')
    })
    const { userId, data } = rowOf(store.rows, clock)
    assert.equal(userId, undefined)
    assert.match(data, /Goodbye/)
    assert.doesNotMatch(data, /"a"/)
  })

  test('a save that nobody waited for behind a logout stores its own token, which a login that comes meanwhile replaces', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { session, conclude } = await browser.open()
    session.logout()
    session.set('b', 2)
    store.plan('delete', 'hold')
    store.plan('commit', 'hold')
    void session.save()
    const deletion = await store.held('delete')
    session.login('u_1')
    deletion.pass()
    const answer = conclude()
    const held = await store.held('commit')
    const { userId, verifierHash } = rowOf(store.rows, clock)
    assert.equal(userId, undefined)
    held.pass()
    await answer
    const after = rowOf(store.rows, clock)
    assert.equal(after.userId, 'u_1')
    assert.notEqual(after.verifierHash, verifierHash)
    assert.equal(await browser.see(({ userId }) => userId), 'u_1')
  })
})

describe('a change while a save waits for its turn', () => {
  test('a change while a save waits for its turn is not saved twice', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const [first, second] = [await browser.open(), await browser.open()]
    first.session.set('a', 1)
    store.plan('commit', 'hold')
    const ending = first.conclude()
    const held = await store.held('commit')
    second.session.update('count', increment)
    const saving = second.session.save()
    second.session.update('count', increment)
    second.session.set('b', 2)
    held.pass()
    await Promise.all([ending, saving])
    await second.conclude()
    assert.equal(await browser.see((session) => session.get('count')), 2)
  })

  test('a change while a save waits for its turn does not become part of it: a handler that fails later has it dropped', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const visit = await browser.open()
    visit.session.update('count', increment)
    store.plan('commit', 'refuse', 'hold')
    const saving = visit.session.save()
    const held = await store.held('commit')
    visit.session.set('later', 1)
    visit.session.update('count', increment)
    held.pass()
    await saving
    await visit.conclude({ status: 500 })
    assert.deepEqual(await browser.see((session) => session.entries()), [['count', 1]])
  })

  test('a change while a save waits for its turn is not seen by a new session that is being created', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('old', 1))
    const visit = await browser.open()
    visit.session.logout()
    visit.session.set('a', 1)
    store.plan('delete', 'hold')
    const saving = visit.session.save()
    const held = await store.held('delete')
    visit.session.set('later', 1)
    held.pass()
    await saving
    await visit.conclude({ status: 500 })
    assert.deepEqual(await browser.see((session) => session.keys()), ['a'])
  })
})

describe('saves of one request at once', () => {
  for (const kind of ['stored session', 'new session']) {
    test(`saves of one request at once: lose nothing (${kind})`, async () => {
      const { browser, store } = setUp()
      if (kind === 'stored session') await browser.visit((session) => session.set('count', 0))
      await browser.visit(async (session) => {
        session.set('a', 1)
        await Promise.all([
          session.transaction((values) => values.update('count', increment)),
          session.save(),
          session.transaction((values) => values.update('count', increment)),
          session.consume('a'),
          session.transaction((values) => values.update('count', increment)),
        ])
        session.update('count', increment)
      })
      assert.equal(store.rows.size, 1)
      assert.deepEqual(await browser.see((session) => session.entries()), [['count', 4]])
    })
  }

  test('saves of one request at once: give a value to consume once', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    await browser.visit(async (session) => {
      const results = await Promise.all([
        session.consume('code'),
        session.consume('code'),
        session.consume('code'),
      ])
      assert.deepEqual(results, ['x', undefined, undefined])
    })
  })

  test('saves of one request at once: fail together when the first takes the changes with it', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    const { session } = await browser.open()
    session.set('a', 1)
    store.plan('commit', 'hold')
    const unawaited = session.save()
    const saving = session.save()
    const consuming = session.consume('code')
    const held = await store.held('commit')
    store.always('read', 'refuse')
    held.refuse()
    for (const each of [unawaited, saving, consuming]) await assert.rejects(each, SessionStoreError)
    assert.equal(rowOf(store.rows, clock).version, 1)
  })

  test('saves of one request at once: replace no token once one has failed, because the response cannot tell the new one', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 0))
    const before = rowOf(store.rows, clock)
    const visit = await browser.open()
    visit.session.set('a', 1)
    store.plan('commit', 'refuse')
    store.plan('read', 'refuse')
    void visit.session.save()
    visit.session.login('u_1')
    await assert.rejects(visit.conclude(), SessionStoreError)
    assert.deepEqual(rowOf(store.rows, clock), before)
  })

  test('saves of one request at once: go on after one that failed by the application', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    await browser.visit(async (session) => {
      session.set('b', 2)
      const failing = session.transaction(() => {
        throw new Error('no')
      })
      const saving = session.transaction((values) => values.set('c', 3))
      await assert.rejects(failing, /no/)
      await saving
    })
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b', 'c'])
  })
})

describe('a change while the save is under way', () => {
  test('a change while the save is under way is saved by finish', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    visit.session.set('b', 2)
    store.plan('commit', 'hold')
    let late = 0
    const concluding = visit.conclude({ onLateChange: () => void (late += 1) })
    const held = await store.held('commit')
    visit.session.set('c', 3)
    assert.equal(late, 1)
    held.pass()
    await concluding
    await visit.exchange.finish()
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b', 'c'])
  })

  test('a change while the save is under way of a session that is being created joins its row', async () => {
    const { browser, store } = setUp()
    const visit = await browser.open()
    visit.session.set('a', 1)
    store.plan('create', 'hold')
    const concluding = visit.conclude()
    const held = await store.held('create')
    visit.session.set('b', 2)
    held.pass()
    await concluding
    await visit.exchange.finish()
    assert.equal(store.rows.size, 1)
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b'])
  })

  test('a change while the save is under way of a session that turns out empty leaves no row without a cookie', async () => {
    const { browser, store } = setUp()
    const visit = await browser.open()
    visit.session.set('a', 1)
    visit.session.delete('a')
    const concluding = visit.conclude()
    try {
      visit.session.set('b', 2)
    } catch (error) {
      assert.equal((error as { code: string }).code, 'ERR_SESSION_STATE')
    }
    const headers = await concluding
    await visit.exchange.finish()
    assert.equal(store.rows.size, headers.setCookie === undefined ? 0 : 1)
  })
})

describe('a change after the head', () => {
  test('a change after the head of a session with a row is saved by finish, and onLateChange is called', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    let late = 0
    await visit.conclude({ onLateChange: () => void (late += 1) })
    visit.session.set('b', 2)
    assert.equal(late, 1)
    await visit.exchange.finish()
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b'])
  })

  test('a change after the head of a visitor without a row throws, says why, and names what helps', async () => {
    const { browser, store } = setUp()
    const visit = await browser.open()
    await visit.conclude()
    for (const act of [
      () => visit.session.set('a', 1),
      () => visit.session.update('a', increment),
      () => visit.session.flash('info', 'x'),
    ]) {
      assert.throws(act, { code: 'ERR_SESSION_STATE', message: /response has started.*eager/ })
    }
    assert.equal(store.count(), 0)
  })

  test('a change after the head of a visitor throws as well when an earlier save had nothing to save', async () => {
    const { browser } = setUp()
    const visit = await browser.open()
    await visit.session.save()
    await visit.conclude()
    assert.throws(() => visit.session.set('a', 1), { code: 'ERR_SESSION_STATE' })
  })

  test('a change after the head by save, consume or transaction of a visitor without a row throws as well', async () => {
    const { browser, store } = setUp()
    const visit = await browser.open()
    await visit.conclude()
    await assert.rejects(
      visit.session.transaction((values) => values.set('a', 1)),
      { code: 'ERR_SESSION_STATE' },
    )
    await visit.exchange.finish()
    assert.equal(store.rows.size, 0)
  })

  test('a change after the head that fails is one event and no exception', async () => {
    const { browser, store, events } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    await visit.conclude()
    visit.session.set('b', 2)
    store.always('commit', 'refuse')
    await visit.exchange.finish()
    const failures = events.filter((event) => event.type === 'failed')
    assert.deepEqual(
      failures.map(({ during }) => during),
      ['late'],
    )
  })

  test('a change after the head that cannot be replayed is one event, even when the application is to blame', async () => {
    const { browser, events, elsewhere } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    await visit.conclude()
    visit.session.update('a', (value) => {
      if (value === 9) throw new Error('no')
      return 2
    })
    await elsewhere().visit((session) => session.set('a', 9))
    await visit.exchange.finish()
    const failures = events.filter((event) => event.type === 'failed')
    assert.deepEqual(
      failures.map(({ during }) => during),
      ['late'],
    )
  })

  test('a change after the head of nothing makes finish call no store', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    await visit.conclude()
    store.recount()
    await visit.exchange.finish()
    assert.equal(store.count(), 0)
  })
})

test('what was recorded before a save that failed comes before what was recorded meanwhile', async () => {
  const { browser, store, elsewhere } = setUp()
  await browser.visit((session) => session.set('count', 1))
  const visit = await browser.open()
  visit.session.set('step', 'before')
  store.plan('commit', 'hold')
  const failing = visit.session.transaction((values) => {
    values.set('touched', true)
    if (values.get('count') !== 1) throw new RangeError('no')
  })
  const held = await store.held('commit')
  visit.session.set('step', 'meanwhile')
  await elsewhere().visit((session) => session.set('count', 2))
  held.pass()
  await assert.rejects(failing, RangeError)
  await visit.conclude()
  assert.equal(await browser.see((session) => session.get('step')), 'meanwhile')
})

describe('a save that nobody awaits', () => {
  test('and that loses its changes fails the response', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const slow = await browser.open()
    await elsewhere().visit((session) => session.destroy())
    slow.session.set('b', 2)
    void slow.session.save()
    await assert.rejects(slow.conclude(), { reason: 'gone', status: 409 })
  })

  test('and whose failure the handler has caught leaves the response alone', async () => {
    const { browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const slow = await browser.open()
    await elsewhere().visit((session) => session.destroy())
    slow.session.set('b', 2)
    await assert.rejects(slow.session.save(), { reason: 'gone' })
    assert.deepEqual(await slow.conclude(), { vary: 'Cookie', cacheControl: 'private' })
  })
})
