import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionDecodeError } from '../../src/contract/errors.ts'
import type { RecordChange, SessionRecord } from '../../src/contract/store.ts'
import { Browser, increment, rewrite, rowOf, setUp, typesOf } from './harness.ts'
import type { LooseSession } from './harness.ts'

const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`

const damaged: readonly [string, string][] = [
  ['no JSON', 'x'],
  ['truncated JSON', '{"a":1'],
  ['nothing', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['text', '"x"'],
  ['a number', '42'],
  ['a byte order mark', '\ufeff{"a":1}'],
  ['something behind the JSON', '{"a":1}x'],
  ['the name __proto__', '{"a":1,"__proto__":{"isAdmin":true}}'],
]

const damagedValues: readonly [string, string][] = [
  ['a key __proto__ in a value', '{"a":{"__proto__":{"isAdmin":true}}}'],
  ['a key __proto__ deep in a value', '{"a":[{"b":{"__proto__":1}}]}'],
  ['a value nested 100 000 deep', deep],
  ['a marked value of no kind', '{"a":{"~":[["Nope",1],2]}}'],
  ['a marked value that refers to nothing', '{"a":{"~":[[99]]}}'],
  ['a marked value that is no list', '{"a":{"~":{}}}'],
  ['a marked value with __proto__', '{"a":{"~":[{"__proto__":1},5]}}'],
  ['a marked value with a hostile length', '{"a":{"~":[[-7,4294967295,1,2],5]}}'],
]

const uses: readonly [string, (session: LooseSession) => unknown][] = [
  ['get', (session) => session.get('a')],
  ['has', (session) => session.has('a')],
  ['set', (session) => session.set('b', 1)],
  ['update', (session) => session.update('a', increment)],
  ['keys', (session) => session.keys()],
  ['userId', (session) => session.userId],
  ['login', (session) => session.login('u_1')],
]

describe("a record whose data is damaged, under 'error'", () => {
  for (const [what, data] of damaged) {
    test(`a record whose data is damaged, under 'error' fails every use: ${what}`, async () => {
      for (const [name, use] of uses) {
        const { browser, store, clock } = setUp()
        await browser.visit((session) => session.set('a', 1))
        rewrite(store.rows, clock, { data })
        const visit = await browser.open()
        assert.throws(() => use(visit.session), SessionDecodeError, name)
        await visit.conclude()
        assert.equal(rowOf(store.rows, clock).data, data)
      }
    })
  }

  for (const [what, data] of damagedValues) {
    test(`a record whose data is damaged, under 'error' fails the reading of the value: ${what}`, async () => {
      const { browser, store, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      rewrite(store.rows, clock, { data })
      for (const act of [
        (session: LooseSession) => session.get('a'),
        (session: LooseSession) => session.take('a'),
        (session: LooseSession) => session.entries(),
        (session: LooseSession) =>
          session.update('a', (value) => {
            assert.equal(Object.assign({}, value as object)['isAdmin' as never], undefined)
            return value
          }),
      ]) {
        const { session } = await browser.open()
        assert.throws(() => act(session), SessionDecodeError)
      }
      assert.equal(({} as Record<string, unknown>)['isAdmin'], undefined)
    })

    test(`a record whose data is damaged, under 'error' lets another value be set, or says that the record is unreadable: ${what}`, async () => {
      const { browser, store, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      rewrite(store.rows, clock, { data })
      try {
        await browser.visit((session) => session.set('b', 2))
        assert.ok(rowOf(store.rows, clock).data.endsWith('"b":2}'))
      } catch (error) {
        assert.ok(error instanceof SessionDecodeError, String(error))
      }
    })
  }

  test("a record whose data is damaged, under 'error' is told with one event for each request, with the handle", async () => {
    const { browser, store, clock, events } = setUp()
    await browser.visit((session) => session.set('a', 1))
    rewrite(store.rows, clock, { data: 'x' })
    events.length = 0
    await browser.visit((session) => {
      for (const [, use] of uses) assert.throws(() => use(session), SessionDecodeError)
    })
    const [event, ...others] = events
    assert.deepEqual(others, [])
    assert.ok(event?.type === 'unreadable' && event.error instanceof SessionDecodeError)
    assert.equal(event.handle, rowOf(store.rows, clock).handle)
  })

  test("a record whose data is damaged, under 'error' quotes nothing of the data", async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    for (const data of [
      'tell-nobody',
      '{"a":{"~":["tell-nobody",{"tell-nobody":5}]',
      '{"a":{"~":[["tell-nobody",1],"tell-nobody"]}}',
    ]) {
      rewrite(store.rows, clock, { data })
      const { session } = await browser.open()
      try {
        session.get('a')
        assert.fail('it was read')
      } catch (error) {
        assert.ok(error instanceof SessionDecodeError)
        assert.doesNotMatch(`${error.message} ${error.stack} ${String(error.cause)}`, /tell-nobody/)
      }
    }
  })

  test("a record whose data is damaged, under 'error' can still be ended", async () => {
    for (const ending of ['logout', 'destroy'] as const) {
      const { browser, store, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      rewrite(store.rows, clock, { data: 'x' })
      await browser.visit((session) => session[ending]())
      assert.equal(store.rows.size, 0)
      assert.equal(browser.cookie, undefined)
    }
  })

  test("a record whose data is damaged, under 'error' harms no page that does not use the session", async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    rewrite(store.rows, clock, { data: 'x' })
    assert.deepEqual(await browser.visit(), {})
  })

  test("a record whose data is damaged, under 'error' is an error with the status 500", async () => {
    assert.equal(new SessionDecodeError('x').status, 500)
  })
})

describe("a record whose data is damaged, under 'discard'", () => {
  for (const [what, data] of [...damaged, ...damagedValues]) {
    test(`a record whose data is damaged, under 'discard' is given up for a new session: ${what}`, async () => {
      const { browser, store, clock, events } = setUp({ onUnreadable: 'discard' })
      await browser.visit((session) => session.login('u_1'))
      const { token } = browser
      rewrite(store.rows, clock, { data })
      await browser.visit((session) => {
        assert.equal(session.get('a'), undefined)
        assert.equal(session.userId, undefined)
        assert.equal(session.isNew, true)
        session.set('b', 2)
      })
      assert.equal(typesOf(events).includes('unreadable'), true)
      assert.notEqual(browser.token.slice(0, 32), token.slice(0, 32))
      assert.deepEqual(await browser.see((session) => session.keys()), ['b'])
    })
  }

  test("a record whose data is damaged, under 'discard' tells the same id, handle and isNew before and after the first value is read", async () => {
    const { browser, store, clock } = setUp({ onUnreadable: 'discard' })
    await browser.visit((session) => session.set('a', 1))
    rewrite(store.rows, clock, { data: 'x' })
    const { session } = await browser.open()
    const before = [session.id, session.handle, session.isNew]
    session.get('a')
    assert.deepEqual([session.id, session.handle, session.isNew], before)
  })

  test("a record whose data is damaged, under 'discard' sends no cookie when nothing is written", async () => {
    const { browser, store, clock } = setUp({ onUnreadable: 'discard' })
    await browser.visit((session) => session.set('a', 1))
    rewrite(store.rows, clock, { data: 'x' })
    assert.deepEqual(await browser.visit((session) => session.get('a')), {
      vary: 'Cookie',
      cacheControl: 'private',
    })
  })

  test("a record whose data is damaged, under 'discard' holds as well when the store itself cannot read the record", async () => {
    const { browser, store, events } = setUp({ onUnreadable: 'discard' })
    await browser.visit((session) => session.set('a', 1))
    store.read = () => {
      throw new SessionDecodeError('the row is damaged')
    }
    await browser.visit((session) => assert.equal(session.get('a'), undefined))
    assert.equal(events.at(-1)?.type, 'unreadable')
  })
})

describe('a record whose other parts are damaged', () => {
  const changes: readonly [string, Partial<Record<keyof SessionRecord, unknown>>][] = [
    ['a later format', { format: 3 }],
    ['the format before', { format: 1 }],
    ['a user without an owner', { userId: 'u_1' }],
    ['an owner without a user', { owner: 'f'.repeat(64) }],
    ['a rotation that is no number', { rotatedAt: 'x' }],
    ['lifetimes that are unknown', { lifetimes: 'mine' }],
    ['no format', { format: undefined }],
    ['data that is no text', { data: { a: 1 } }],
    ['no version', { version: undefined }],
    ['a creation in text', { createdAt: '2030-01-01' }],
    ['a creation before 1970', { createdAt: -1 }],
    ['an idle timeout that is not a number', { idleTimeout: Number.NaN }],
    ['an endless end', { endsAt: Infinity }],
    ['an end of 1e300', { endsAt: 1e300 }],
    ['no commit ids', { commitIds: undefined }],
    ['a last use that is missing', { lastSeenAt: undefined }],
    ['a user that is no text', { userId: { $gt: '' } }],
    ['an empty user', { userId: '' }],
    ['details that are no text', { details: 5 }],
    ['a grace that is no number', { graceUntil: 'x' }],
  ]
  for (const [what, change] of changes) {
    test(`a record whose other parts are damaged is refused, not guessed at: ${what}`, async () => {
      const { browser, store, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const row = rowOf(store.rows, clock)
      store.read = () => ({ ...row, ...(change as Partial<RecordChange>) })
      const { session } = await browser.open()
      assert.throws(() => session.get('a'), SessionDecodeError)
      assert.throws(() => session.userId, SessionDecodeError)
    })
  }

  test('a record whose other parts are damaged is refused with the name of the damaged property, and never its value', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const row = rowOf(store.rows, clock)
    for (const [name, value] of Object.entries({ endsAt: 'secret', version: 0, commitIds: [], userId: '' })) {
      store.read = () => ({ ...row, [name]: value })
      const { session } = await browser.open()
      assert.throws(() => session.get('a'), {
        message: `the stored record is damaged: ${name} is missing or malformed`,
      })
    }
  })

  test('a record whose other parts are damaged is refused as well when it came between the read and the commit', async () => {
    for (const use of [
      (session: LooseSession) => session.set('b', 2),
      (session: LooseSession) => session.login('u_1'),
    ]) {
      const { browser, store, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const slow = await browser.open()
      use(slow.session)
      const row = rowOf(store.rows, clock)
      const later = { ...row, format: 3, version: 2, commitIds: ['f'.repeat(16)], data: '{"later":true}' }
      void store.rows.delete(row.key)
      void store.rows.create(later, clock.now())
      await assert.rejects(slow.conclude(), SessionDecodeError)
      assert.deepEqual(rowOf(store.rows, clock), later)
    }
  })

  test('a record whose other parts are damaged opens for nobody when its verifier is damaged', async () => {
    for (const verifierHash of [undefined, 5, '', 'x', 'é'.repeat(64), ['a']]) {
      const { browser, store, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const row = rowOf(store.rows, clock)
      store.read = () => ({ ...row, verifierHash }) as SessionRecord
      assert.equal(await browser.see((session) => session.isNew), true)
    }
  })
})

test('a logout after the head ends an unreadable session as well', async () => {
  const { browser, store, clock } = setUp()
  await browser.visit((session) => session.set('a', 1))
  const record = rowOf(store.rows, clock)
  await store.rows.delete(record.key)
  await store.rows.create({ ...record, data: 'no JSON' }, clock.now())
  const visit = await browser.open()
  assert.throws(() => visit.session.get('a'), SessionDecodeError)
  await visit.conclude().catch(() => {})
  visit.session.logout()
  await visit.exchange.finish()
  assert.equal(store.rows.size, 0)
})

test('a logout removes the damaged record that was read, whatever key it claims to have', async () => {
  const { browser, store, clock, sessions } = setUp()
  const bystander = new Browser(sessions)
  await bystander.visit((session) => session.set('a', 1))
  const { key: claimed } = rowOf(store.rows, clock)
  await browser.visit((session) => session.set('a', 1))
  const read = store.rows.read.bind(store.rows)
  store.read = async (key, now) => {
    const record = await read(key, now)
    return key === claimed || !record ? record : { ...record, key: claimed, createdAt: -1 }
  }
  await browser.visit((session) => session.logout())
  assert.equal(store.rows.size, 1)
  assert.equal(await bystander.see((session) => session.get('a')), 1)
})
