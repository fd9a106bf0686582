import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionConflictError, SessionStoreError } from '../../src/contract/errors.ts'
import { holdCommit, increment, rowOf, settle, setUp, typesOf } from './harness.ts'

describe('a commit whose answer was lost', () => {
  test('a commit whose answer was lost is not applied twice when it had been applied', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('count', 0))
    store.recount()
    store.plan('commit', 'lose')
    await browser.visit((session) => session.update('count', increment))
    assert.equal(store.count('commit'), 1)
    assert.equal(await browser.see((session) => session.get('count')), 1)
  })

  test('a commit whose answer was lost is sent again, as it was, when it had been refused', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('count', 0))
    store.recount()
    store.plan('commit', 'refuse', 'refuse')
    await browser.visit((session) => session.update('count', increment))
    assert.equal(store.count('commit'), 3)
    assert.equal(rowOf(store.rows, clock).version, 2)
    assert.equal(await browser.see((session) => session.get('count')), 1)
  })

  test('a commit whose answer was lost is known by its id when it was refused first and then lost', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('count', 0))
    store.plan('commit', 'refuse', 'lose')
    await browser.visit((session) => session.update('count', increment))
    assert.equal(await browser.see((session) => session.get('count')), 1)
  })

  test('a commit whose answer was lost is replayed when another request came first', async () => {
    const { browser, elsewhere, store } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const { ending, held } = await holdCommit(browser, store, (session) => session.update('count', increment))
    await elsewhere().visit((session) => session.update('count', increment))
    held.refuse()
    await ending
    assert.equal(await browser.see((session) => session.get('count')), 2)
  })

  for (const further of [1, 2, 14, 15]) {
    test(`a commit whose answer was lost is still known after ${further} further commits`, async () => {
      const { browser, elsewhere, store } = setUp()
      await browser.visit((session) => session.set('count', 0))
      const { ending, held } = await holdCommit(browser, store, (session) =>
        session.update('count', increment),
      )
      store.plan('read', 'hold')
      held.lose()
      const read = await store.held('read')
      const other = elsewhere()
      for (let index = 0; index < further; index += 1) {
        await other.visit((session) => session.update('count', increment))
      }
      read.pass()
      await ending
      assert.equal(await browser.see((session) => session.get('count')), 1 + further)
    })
  }

  test('a commit whose answer was lost was not applied for certain when its id is missing up to 16 versions on: it is replayed', async () => {
    const { browser, elsewhere, store } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const { ending, held } = await holdCommit(browser, store, (session) => session.update('count', increment))
    const other = elsewhere()
    for (let index = 0; index < 16; index += 1) {
      await other.visit((session) => session.update('count', increment))
    }
    held.refuse()
    await ending
    assert.equal(await browser.see((session) => session.get('count')), 17)
  })

  for (const fate of ['lose', 'refuse'] as const) {
    test(`a commit whose answer was lost is an error that says so after too many further commits, never a blind replay (${fate})`, async () => {
      const { browser, elsewhere, store, events } = setUp()
      await browser.visit((session) => session.set('count', 0))
      const { ending, held } = await holdCommit(browser, store, (session) =>
        session.update('count', increment),
      )
      store.plan('read', 'hold')
      held[fate]()
      const read = await store.held('read')
      const other = elsewhere()
      for (let index = 0; index < 17; index += 1) {
        await other.visit((session) => session.update('count', increment))
      }
      read.pass()
      await assert.rejects(ending, (error: unknown) => {
        assert.ok(error instanceof SessionConflictError)
        assert.equal(error.reason, 'outcome-unknown')
        assert.equal(error.status, 503)
        assert.match(String(error.cause), /did not answer|failed|refused/)
        return true
      })
      assert.equal(await browser.see((session) => session.get('count')), fate === 'lose' ? 18 : 17)
      assert.equal(typesOf(events).includes('failed'), true)
    })
  }

  test('a commit whose answer was lost fails the response too when it is not known, whether the handler looked or not', async () => {
    const { browser, elsewhere, store } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const slow = await browser.open()
    slow.session.update('count', increment)
    store.plan('commit', 'hold')
    const saving = slow.session.save().catch((error: unknown) => error)
    const held = await store.held('commit')
    store.plan('read', 'hold')
    held.lose()
    const read = await store.held('read')
    const other = elsewhere()
    for (let index = 0; index < 17; index += 1) {
      await other.visit((session) => session.update('count', increment))
    }
    read.pass()
    const error = await saving
    assert.ok(error instanceof SessionConflictError && error.reason === 'outcome-unknown')
    await assert.rejects(slow.conclude(), (thrown) => thrown === error)
  })

  test('a commit whose answer was lost is replayed on what a failed-over database has, even when it counts the same version again', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const before = rowOf(store.rows, clock)
    await browser.visit((session) => session.update('count', increment))
    const slow = await browser.open()
    slow.session.update('count', increment)
    const other = {
      ...before,
      version: 2,
      commitIds: ['f'.repeat(16), ...before.commitIds],
      data: '{"count":10}',
    }
    void store.rows.delete(before.key)
    void store.rows.create(other, clock.now())
    store.plan('commit', 'refuse')
    await slow.conclude()
    assert.equal(await browser.see((session) => session.get('count')), 11)
  })

  test('a commit whose answer was lost that only reads is run again when a failed-over database counts the same version again', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('code', 'x'))
    const row = rowOf(store.rows, clock)
    const slow = await browser.open()
    void store.rows.delete(row.key)
    void store.rows.create({ ...row, commitIds: ['f'.repeat(16)], data: '{"code":"y"}' }, clock.now())
    assert.equal(await slow.session.transaction((values) => values.get('code')), 'y')
  })

  test('a commit whose answer was lost is dropped when the session ended meanwhile', async () => {
    const { browser, elsewhere, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { ending, held } = await holdCommit(browser, store, (session) => session.set('b', 2))
    await elsewhere().visit((session) => session.destroy())
    held.lose()
    await assert.rejects(ending, { reason: 'gone', status: 409 })
    assert.equal(store.rows.size, 0)
  })

  test('a commit whose answer was lost that rotated hands out the token that was stored', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { token } = browser
    store.plan('commit', 'lose')
    await browser.visit((session) => session.login('u_1'))
    assert.notEqual(browser.token, token)
    assert.equal(await browser.see((session) => session.userId), 'u_1')
  })

  test('a commit whose answer was lost that rotated, and was followed by another rotation, hands out no dead token', async () => {
    const { browser, store, sessions, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { ending, held } = await holdCommit(browser, store, (session) => session.regenerateId())
    store.plan('read', 'hold')
    held.lose()
    const read = await store.held('read')
    const row = rowOf(store.rows, clock)
    const expected = { version: row.version, commitId: row.commitIds[0] ?? '' }
    const change = {
      ...row,
      version: row.version + 1,
      commitIds: ['e'.repeat(16), ...row.commitIds],
      verifierHash: 'd'.repeat(64),
    }
    void store.rows.commit(row.key, expected, change, clock.now())
    read.pass()
    assert.equal((await ending).setCookie, undefined)
    await sessions.close()
  })

  test('and was followed by a login shows nothing of it, and writes nothing to it', async () => {
    const { browser, elsewhere, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const slow = await browser.open()
    slow.session.set('b', 2)
    store.plan('commit', 'hold')
    const saving = slow.session.save()
    const held = await store.held('commit')
    store.plan('read', 'hold')
    held.lose()
    const read = await store.held('read')
    const other = elsewhere()
    await other.visit((session) => (session.login('u_1'), session.set('secret', 's')))
    read.pass()
    await saving
    assert.deepEqual([slow.session.userId, slow.session.keys()], [undefined, ['a', 'b']])
    slow.session.set('c', 3)
    await assert.rejects(slow.conclude(), { reason: 'replaced' })
    assert.deepEqual(await other.see((session) => session.keys()), ['a', 'b', 'secret'])
  })

  test('a commit whose answer was lost that the store refuses for ever is the store error of the commit, with its cause', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.always('commit', 'refuse')
    await assert.rejects(
      browser.visit((session) => session.set('a', 2)),
      (error: unknown) => {
        assert.ok(error instanceof SessionStoreError)
        assert.equal(error.operation, 'commit')
        assert.match(String(error.cause), /commit was refused/)
        return true
      },
    )
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('a commit whose answer was lost names the commit as what failed, even when the read after it fails too', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    visit.session.set('a', 2)
    store.always('commit', 'refuse')
    store.always('read', 'refuse')
    await assert.rejects(visit.conclude(), { operation: 'commit', status: 503 })
  })

  test('a commit whose answer was lost never throws undefined, when a store answers neither true nor false', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    visit.session.set('a', 2)
    store.commit = () => undefined as unknown as boolean
    await assert.rejects(visit.conclude(), (error: unknown) => error instanceof SessionStoreError)
  })
})

describe('a creation whose answer was lost', () => {
  test('a creation whose answer was lost makes one row when it had been applied', async () => {
    const { browser, store } = setUp()
    store.plan('create', 'lose')
    let shown = ''
    await browser.visit((session) => {
      session.set('a', 1)
      shown = session.id
    })
    assert.equal(browser.token, shown)
    assert.equal(store.rows.size, 1)
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('a creation whose answer was lost is told from one that the store answers with neither true nor false', async () => {
    const { browser, store } = setUp()
    store.create = () => 'OK' as unknown as boolean
    await assert.rejects(
      browser.visit((session) => session.set('a', 1)),
      { name: 'SessionStoreError', operation: 'create', message: /neither true nor false/ },
    )
    assert.equal(store.rows.size, 0)
  })

  test('a creation whose answer was lost makes one row when it had been refused', async () => {
    const { browser, store } = setUp()
    store.plan('create', 'refuse')
    await browser.visit((session) => session.set('a', 1))
    assert.equal(store.rows.size, 1)
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('a creation whose answer was lost is the store error of the creation when it is refused again', async () => {
    const { browser, store } = setUp()
    store.always('create', 'refuse')
    await assert.rejects(
      browser.visit((session) => session.set('a', 1)),
      { code: 'ERR_SESSION_STORE', operation: 'create', status: 503 },
    )
    assert.equal(browser.cookie, undefined)
    assert.equal(store.rows.size, 0)
  })

  test('a creation whose answer was lost takes another token when the key is taken, and does not read the row that is there', async () => {
    const { browser, store } = setUp()
    let isFirst = true
    const create = store.create.bind(store)
    store.create = (record, now) => {
      if (!isFirst) return create(record, now)
      isFirst = false
      void store.rows.create({ ...record, commitIds: ['f'.repeat(16)], data: '{"a":"of another"}' }, now)
      return false
    }
    await browser.visit((session) => session.set('a', 1))
    assert.equal(store.rows.size, 2)
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('a creation whose answer was lost ends in an error when the store says of every key that it is taken', async () => {
    const { browser, store } = setUp()
    let calls = 0
    store.create = () => ((calls += 1), false)
    await assert.rejects(
      browser.visit((session) => session.set('a', 1)),
      SessionStoreError,
    )
    assert.equal(calls, 3)
  })
})

describe('a destroy whose answer was lost', () => {
  for (const fate of ['lose', 'refuse'] as const) {
    test(`a destroy whose answer was lost is sent once more (${fate})`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      store.recount()
      store.plan('delete', fate)
      await browser.visit((session) => session.destroy())
      assert.equal(store.count('delete'), 2)
      assert.equal(store.rows.size, 0)
      assert.equal(browser.cookie, undefined)
    })
  }

  test('twice is an error of a request whose session is gone: trying again succeeds', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { cookie } = browser
    store.recount()
    store.plan('delete', 'lose', 'refuse')
    await assert.rejects(
      browser.visit((session) => session.destroy()),
      { operation: 'delete', status: 503 },
    )
    assert.equal(store.count('delete'), 2)
    assert.equal(store.rows.size, 0)
    // It ends no row any more, so it leaves the cookie, which opens nothing.
    await browser.visit((session) => session.destroy())
    assert.equal(browser.cookie, cookie)
    assert.equal(await browser.see((session) => session.isNew), true)
  })

  test('and that is not answered in time is not sent again', async () => {
    const { browser, store, clock } = setUp({ timeout: '2s' })
    await browser.visit((session) => session.set('a', 1))
    store.recount()
    store.plan('delete', 'hang')
    const ending = browser.visit((session) => session.destroy())
    await settle()
    clock.advance(2000)
    await assert.rejects(ending, { operation: 'delete', message: /did not answer 'delete' within/ })
    assert.equal(store.count('delete'), 1)
  })
})
