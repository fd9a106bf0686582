import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { inspect } from 'node:util'
import {
  SessionDecodeError,
  SessionError,
  SessionStoreError,
  SessionTooLargeError,
} from '../../src/errors.ts'
import type { SessionRecord, SessionStore } from '../../src/store.ts'
import { basicStore } from '../../src/stores/basic.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { hour, minute, rewrite, rowOf, second, settle, setUp, typesOf } from '../core/harness.ts'
import type { LooseSession } from '../core/harness.ts'
import { makeFolder } from './inert-keys.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
const prototypes = [Object.prototype, Array.prototype, Function.prototype, Map.prototype, String.prototype]
const propertiesOf = () => prototypes.map((each) => Reflect.ownKeys(each))
const untouched = propertiesOf()
before(() => void process.on('unhandledRejection', note))
after(async () => {
  await settle()
  process.off('unhandledRejection', note)
  assert.deepEqual(unhandled, [], 'a rejection was left unhandled')
  assert.deepEqual(propertiesOf(), untouched, 'a prototype was changed')
})

/** A signed-in user whose record holds this data. */
async function setUpData(data: string, options: Parameters<typeof setUp>[0] = {}) {
  const set = setUp(options)
  await set.browser.visit((session) => (session.set('a', 1), session.login('anna')))
  rewrite(set.store.rows, set.clock, { data })
  set.events.length = 0
  return set
}

/** A signed-in user whose store answers reads with this. */
async function setUpRecord(change: (record: SessionRecord) => unknown, isLate: boolean) {
  const set = setUp()
  await set.browser.visit((session) => (session.set('a', 1), session.login('anna')))
  const answer = change(rowOf(set.store.rows, set.clock)) as SessionRecord
  set.store.read = () => (isLate ? Promise.resolve(answer) : answer)
  set.events.length = 0
  return set
}

/** Every use fails with our error, the row stays as it is, the operator is told once. */
async function demandUnreadable(set: Awaited<ReturnType<typeof setUpData>>, what: string): Promise<void> {
  const { browser, store, clock, events } = set
  const row = rowOf(store.rows, clock)
  const headers = await browser.visit((session) => {
    const uses = [
      () => session.get('a'),
      () => session.keys(),
      () => session.userId,
      () => session.set('b', 1),
      () => session.login('bert'),
    ]
    for (const use of uses) assert.throws(use, SessionDecodeError, what)
  })
  assert.equal(headers.setCookie, undefined)
  assert.deepEqual(typesOf(events), ['unreadable'], what)
  assert.equal(rowOf(store.rows, clock), row, what)
}

/** The same for a store that hands out what is no record: it can still be logged out of. */
async function demandRefused(change: (record: SessionRecord) => unknown, what: string): Promise<void> {
  for (const isLate of [false, true]) {
    const set = await setUpRecord(change, isLate)
    await demandUnreadable(set, what)
    await set.browser.visit((session) => session.logout())
    assert.equal(set.store.rows.size, 0, what)
  }
}

describe('what a hostile or damaged store hands out', () => {
  test('row 43: a key __proto__, at any depth and however it is spelt, is refused with an event', async () => {
    const whole = ['{"__proto__":{"isAdmin":true}}', '{"a":1,"\\u005f_proto__":{"isAdmin":true}}']
    for (const data of whole) await demandUnreadable(await setUpData(data), data)
    const values = [
      '{"a":{"__proto__":{"isAdmin":true}}}',
      '{"a":[[{"b":{"__pro\\u0074o__":{"isAdmin":true}}}]]}',
      '{"a":{"~":[{"__proto__":1},{"isAdmin":2},true]}}',
      '{"a":{"~":[["null","__proto__",1],true]}}',
      '{"a":{"~":[["Object",1],{"__proto__":5}]}}',
    ]
    for (const data of values) {
      const { browser, events } = await setUpData(data)
      const { session } = await browser.open()
      for (const use of [() => session.get('a'), () => session.entries(), () => session.take('a')]) {
        assert.throws(use, SessionDecodeError, data)
      }
      assert.deepEqual(typesOf(events), ['unreadable'], data)
      const update = await browser.open()
      assert.throws(() => update.session.update('a', (value) => value), SessionDecodeError, data)
      assert.deepEqual(typesOf(events), ['unreadable', 'unreadable'], data)
    }
    assert.equal(Reflect.get({}, 'isAdmin'), undefined)
  })

  test('row 44: constructor and prototype are inert data inside a value, and refused as names', async () => {
    const data = '{"a":{"constructor":{"prototype":{"isAdmin":true}},"prototype":{"isAdmin":true}}}'
    const { browser } = await setUpData(data)
    await browser.visit((session) => {
      assert.deepEqual(JSON.parse(JSON.stringify({ a: session.get('a') })), JSON.parse(data))
      session.update('a', (value) => value)
      for (const name of ['__proto__', 'constructor', 'prototype']) {
        assert.throws(() => session.set(name, 1), TypeError)
        assert.throws(() => session.flash(name, 'x'), TypeError)
      }
    })
    assert.equal(Reflect.get({}, 'isAdmin'), undefined)
    assert.equal(
      Reflect.get(() => {}, 'isAdmin'),
      undefined,
    )
  })

  test('row 44: names that nobody can set are listed as they are stored', async () => {
    const { browser } = await setUpData('{"constructor":{"prototype":1},"":2,"\\u0000":3,"\\ud800":4}')
    await browser.visit((session) => {
      const entries = session.entries()
      assert.deepEqual(entries, [
        ['constructor', { prototype: 1 }],
        ['', 2],
        ['\0', 3],
        ['\ud800', 4],
      ])
      assert.equal(Object.getPrototypeOf(Object.fromEntries(entries)), Object.prototype)
      session.clear()
      assert.deepEqual(session.keys(), [])
    })
  })

  test('row 45: all values copied into an object pollute nothing', async () => {
    const { browser } = await setUpData('{"a":{"constructor":{"isAdmin":true}},"isAdmin":false}')
    await browser.visit((session) => {
      for (const copy of [
        Object.assign({}, Object.fromEntries(session.entries())),
        { ...(session.get('a') as object) },
      ]) {
        assert.equal(Object.getPrototypeOf(copy), Object.prototype)
      }
      assert.deepEqual({ ...session }, {})
    })
    assert.equal(Reflect.get({}, 'isAdmin'), undefined)
  })

  test('row 46: names of object methods are names like others, and a session can be awaited', async () => {
    const names = [
      'toString',
      'valueOf',
      'then',
      'toJSON',
      'hasOwnProperty',
      'isPrototypeOf',
      'get',
      'length',
    ]
    const { browser } = setUp()
    await browser.visit((session) => names.forEach((name) => session.set(name, { [name]: name })))
    const { session } = await browser.open()
    assert.equal(await session, session)
    assert.deepEqual(session.keys(), names)
    for (const name of names) assert.deepEqual(session.get(name), { [name]: name })
    assert.throws(() => session.set(Symbol.iterator as unknown as string, 1), TypeError)
    assert.throws(() => session.set('a', { [Symbol.iterator]: 1 }), /^TypeError: a: .*symbol/)
    assert.throws(() => session.set('a', { then: () => {} }), /^TypeError: a\.then: /)
  })

  const broken = [
    '{"a":',
    '{"a":1',
    '',
    'null',
    '[]',
    '"x"',
    '42',
    'true',
    '\ufeff{"a":1}',
    '{"a":1}{}',
    '{a:1}',
    "{'a':1}",
    '{"a":NaN}',
    '\0',
    'undefined',
  ]

  test('row 47: what is not one JSON object fails every use and is left as it is', async () => {
    for (const data of broken) await demandUnreadable(await setUpData(data), inspect(data))
  })

  test("row 47: under 'discard' it gives way to a session of another key and token", async () => {
    for (const data of broken) {
      const { browser, store, clock, events } = await setUpData(data, { onUnreadable: 'discard' })
      const { token } = browser
      const { key } = rowOf(store.rows, clock)
      await browser.visit((session) => {
        assert.deepEqual([session.userId, session.isNew], [undefined, true])
        session.set('a', 2)
      })
      assert.notEqual(browser.token.slice(0, 32), token.slice(0, 32))
      assert.equal((store.rows.read(key, clock.now()) as SessionRecord).data, data)
      assert.deepEqual(typesOf(events), ['unreadable', 'created'])
    }
  })

  test('row 47: in a SQLite file edited by hand it fails every use, and can be logged out of', async (context) => {
    for (const [column, value] of [
      ['data', "'{'"],
      ['data', "x'7b7d'"],
      ['data', '5'],
      ['handle', "x'00'"],
    ] as const) {
      const { store, edit, ...set } = openSqlite(context)
      await set.browser.visit((session) => (session.set('a', 1), session.login('anna')))
      edit(`update coatcheck_sessions set ${column} = ${value}`)
      const visit = await set.browser.open()
      assert.throws(() => visit.session.get('a'), SessionDecodeError, `${column} = ${value}`)
      await set.browser.visit((session) => session.logout())
      assert.equal(edit('select count(*) as rows from coatcheck_sessions')['rows'], 0)
      await set.sessions.close()
    }
  })

  test('row 48: a property that comes twice is refused in the record; in the data the last one counts', async () => {
    const { browser } = await setUpData('{"a":1,"a":{"b":1,"b":2}}')
    assert.deepEqual(await browser.see((session) => session.get('a')), { b: 2 })

    const texts = new Map<string, string>()
    const store = basicStore({
      get: (key) => texts.get(key),
      save: (key, text) => texts.set(key, text),
      delete: (key) => texts.delete(key),
    })
    const { browser: other, events } = setUp({ store })
    const tricky = { 'x":': '"y":', backslash: '\\', last: '"userId":' }
    await other.visit((session) => (session.set('a', tricky), session.login('anna')))
    const [[key = '', text = ''] = []] = [...texts]
    for (const twice of ['"userId":"bert"', '"userId" :"anna"', '"user\\u0049d":"bert"', '"data":"{}"']) {
      for (const damaged of [text.replace('{', `{${twice},`), text.replace(/\}$/, `,${twice}}`)]) {
        texts.set(key, damaged)
        const { session } = await other.open()
        assert.throws(() => session.userId, SessionDecodeError, twice)
        assert.equal(events.at(-1)?.type, 'unreadable')
      }
    }
    texts.set(key, JSON.stringify(JSON.parse(text), null, 2))
    assert.deepEqual(await other.see((session) => [session.userId, session.get('a')]), ['anna', tricky])
  })

  test('row 49: a record of 50 MB, or of a million keys, is refused before it is parsed', async (context) => {
    const parsed: number[] = []
    const { parse } = JSON
    context.mock.method(JSON, 'parse', (text: string) => (parsed.push(text.length), parse(text)))
    const keys = Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":0`)
    for (const data of [`{"a":"${'x'.repeat(50_000_000)}"}`, `{${keys.join()}}`]) {
      await demandUnreadable(await setUpData(data), `${data.length} characters`)
    }
    assert.equal(
      parsed.some((length) => length > 1_000_000),
      false,
    )
  })

  test('row 49: whatever fits into maxSize is read, in names that JSON spells sixfold as well', async () => {
    const { browser } = setUp({ maxSize: 10_000 })
    const names = Array.from({ length: 36 }, (_, index) => String.fromCharCode(1).repeat(250) + index)
    await browser.visit((session) => names.forEach((name) => session.set(name, 1)))
    assert.deepEqual(await browser.see((session) => session.keys()), names)
  })

  test('row 49: 100 000 nested arrays overflow no stack', async () => {
    const deep = (end: string) => `{"a":${'['.repeat(100_000)}${end}${']'.repeat(100_000)}}`
    const marked = `{"a":{"~":[${Array.from({ length: 50_000 }, (_, index) => `[${index + 1}]`).join()},1]}}`
    for (const data of [deep(''), deep('{"__proto__":1}'), deep('{"~":[]}'), marked]) {
      const { browser } = await setUpData(data)
      const { session } = await browser.open()
      for (const use of [
        () => session.get('a'),
        () => session.entries(),
        () => session.update('a', (value) => value),
      ]) {
        assert.throws(use, SessionDecodeError, data.slice(0, 20))
      }
    }
  })

  test('row 50: times that no session has are refused', async () => {
    const impossible = [
      '2030-01-01',
      -1,
      1e309,
      Number.NaN,
      8.64e15 + 1,
      9e15,
      0.5,
      null,
      true,
      [5],
      {},
      undefined,
      '',
      10n,
    ]
    for (const name of ['createdAt', 'lastSeenAt', 'idleTimeout', 'idleExpiresAt', 'endsAt'] as const) {
      for (const value of impossible) {
        await demandRefused((record) => ({ ...record, [name]: value }), `${name}: ${inspect(value)}`)
      }
    }
    await demandRefused(
      (record) => ({ ...record, createdAt: record.endsAt + 1 }),
      'an end before the beginning',
    )
  })

  test('row 50: a session made by a server whose clock is ahead is read', async () => {
    const { browser } = await setUpRecord(
      (record) => ({
        ...record,
        createdAt: record.createdAt + minute,
        lastSeenAt: record.lastSeenAt + minute,
      }),
      true,
    )
    assert.equal(await browser.see((session) => session.userId), 'anna')
  })

  test('row 50: in a SQLite file edited by hand, too', async (context) => {
    for (const column of ['created_at', 'last_seen_at', 'idle_timeout', 'idle_expires_at', 'ends_at']) {
      for (const value of ["'2030-01-01'", '1e309', '8640000000000001', '4102444800000.5', "x'00'"]) {
        const { browser, sessions, edit } = openSqlite(context)
        await browser.visit((session) => session.login('anna'))
        edit(`update coatcheck_sessions set ${column} = ${value}`)
        await browser.visit((session) => {
          assert.throws(() => session.userId, SessionDecodeError, `${column} = ${value}`)
        })
        await sessions.close()
      }
    }
  })

  test('row 51: another format, another state or no version is refused, not guessed at', async () => {
    const changes: Partial<Record<keyof SessionRecord, unknown>>[] = [
      { format: 2 },
      { format: 0 },
      { format: '1' },
      { format: undefined },
      { format: [1] },
      { version: undefined },
      { version: '1' },
      { version: -1 },
      { version: 1.5 },
      { version: {} },
      { commitIds: undefined },
      { commitIds: [] },
      { commitIds: 'ab' },
      { commitIds: [5] },
      { commitIds: { length: 1 } },
      { data: undefined },
      { data: {} },
      { data: Buffer.from('{}') },
      { handle: undefined },
      { handle: 5 },
      { handle: { toString: 1, valueOf: 1 } },
      { userId: '' },
      { userId: 5 },
      { userId: null },
      { details: {} },
      { graceUntil: 'x' },
      { graceUntil: { valueOf: 1, toString: 1 } },
    ]
    for (const change of changes) await demandRefused((record) => ({ ...record, ...change }), inspect(change))
  })

  test('row 51: a record of a later format, found only when a change is saved, is not overwritten', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    visit.session.set('a', 2)
    rewrite(store.rows, clock, { data: '{"a":3}' })
    const row = rowOf(store.rows, clock)
    for (const damage of [{ format: 2 }, { commitIds: undefined }, { data: 5 }, { endsAt: {} }]) {
      store.read = () => Promise.resolve({ ...row, ...damage } as unknown as SessionRecord)
      await assert.rejects(visit.commit(), SessionDecodeError, inspect(damage))
    }
    assert.equal(rowOf(store.rows, clock), row)
  })

  const noRecords: unknown[] = [
    Buffer.from('{}'),
    'text',
    5,
    true,
    [],
    {},
    [[]],
    new Date(),
    () => {},
    { verifierHash: { toString: 1, valueOf: 1 } },
    { verifierHash: { length: 64 } },
    { previousVerifierHash: null, graceUntil: 9e15 },
    { previousVerifierHash: { length: 64 }, graceUntil: 9e15 },
    { idleExpiresAt: { valueOf: 1, toString: 1 }, authenticatedAt: { valueOf: 1, toString: 1 } },
  ]

  test('row 54: what is no record at all opens for nobody', async () => {
    for (const answer of [undefined, null, ...noRecords]) {
      for (const isLate of [false, true]) {
        const { browser, events } = await setUpRecord(() => answer, isLate)
        const headers = await browser.visit((session) => {
          assert.deepEqual([session.userId, session.isNew, session.get('a')], [undefined, true, undefined])
        })
        assert.equal(headers.setCookie, undefined, inspect(answer))
        assert.deepEqual(typesOf(events), ['rejected'], inspect(answer))
      }
    }
  })

  test('row 54: an answer that is neither true nor false is no promise that something was saved', async () => {
    for (const answer of [undefined, null, 'OK', 1, {}, Buffer.from('OK'), []] as boolean[]) {
      const { browser, store } = setUp()
      store.create = () => Promise.resolve(answer)
      await assert.rejects(
        browser.visit((session) => session.set('a', 1)),
        SessionStoreError,
        inspect(answer),
      )
      assert.equal(browser.cookie, undefined)
    }
    for (const answer of [undefined, null, 'OK', 1, {}, Buffer.from('OK'), []] as boolean[]) {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      store.commit = () => Promise.resolve(answer)
      await assert.rejects(
        browser.visit((session) => session.set('a', 2)),
        SessionStoreError,
        inspect(answer),
      )
    }
  })

  test('row 54: what is no record, read again after a conflict, is an error of ours', async () => {
    for (const answer of noRecords) {
      const { browser, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const visit = await browser.open()
      visit.session.set('a', 2)
      store.commit = () => Promise.resolve(false)
      store.read = () => Promise.resolve(answer as SessionRecord)
      await assert.rejects(visit.commit(), SessionError, inspect(answer))
    }
  })

  const failures: [string, () => unknown][] = [
    [
      'throws an Error',
      () => {
        throw new Error('down')
      },
    ],
    [
      'throws no Error',
      () => {
        throw 'down'
      },
    ], // oxlint-disable-line no-throw-literal
    [
      'throws undefined',
      () => {
        throw undefined
      },
    ], // oxlint-disable-line no-throw-literal
    ['rejects with no Error', () => Promise.reject('down')], // oxlint-disable-line prefer-promise-reject-errors
    ['rejects with nothing', () => Promise.reject()], // oxlint-disable-line prefer-promise-reject-errors
    [
      'gives a promise that throws',
      () => ({
        then() {
          throw new Error('down')
        },
      }),
    ], // oxlint-disable-line no-thenable
    [
      'gives a promise that cannot be looked at',
      () => ({
        get then() {
          throw new Error('down')
        },
      }),
    ], // oxlint-disable-line no-thenable
  ]

  test('row 54: a store that fails in whatever way fails with a SessionStoreError', async () => {
    for (const [how, fail] of failures) {
      for (const verb of ['read', 'create', 'commit', 'delete'] as const) {
        const { browser, store } = setUp()
        if (verb !== 'create') await browser.visit((session) => session.set('a', 1))
        Object.assign(store, { [verb]: fail })
        const visit = await browser.open()
        const act = async () => {
          if (verb === 'delete') visit.session.logout()
          else visit.session.set('a', 2)
          await visit.commit()
        }
        await assert.rejects(act, SessionStoreError, `${verb} ${how}`)
      }
    }
  })

  test('row 54: a touch that fails in whatever way is an event only', async () => {
    for (const [how, fail] of failures) {
      const { browser, store, clock, events } = setUp({ idleTimeout: '1h' })
      await browser.visit((session) => session.set('a', 1))
      Object.assign(store, { touch: fail })
      clock.advance(hour / 2)
      await browser.visit((session) => assert.equal(session.get('a'), 1))
      await settle()
      const event = events.at(-1)
      assert.ok(
        event?.type === 'failed' && event.during === 'touch' && event.error instanceof SessionStoreError,
        how,
      )
    }
  })

  test('row 54: an answer after the deadline, or none, is an error at the deadline and nothing later', async () => {
    const { browser, store, clock } = setUp({ timeout: '2s' })
    await browser.visit((session) => session.set('a', 1))
    store.always('read', 'hold')
    const opening = browser.open()
    clock.advance(2 * second)
    const { session } = await opening
    assert.throws(() => session.get('a'), SessionStoreError)
    const late = await store.held('read')
    late.pass()
    late.refuse()
    await settle()
    assert.throws(() => session.get('a'), SessionStoreError)
  })

  test('row 54: an answer that is given twice counts once', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const row = rowOf(store.rows, clock)
    const twice = {
      then: (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => (
        resolve(row),
        resolve(undefined),
        reject(new Error('down'))
      ),
    } // oxlint-disable-line no-thenable
    store.read = () => twice as unknown as Promise<SessionRecord>
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('row 55: a row that outlives its session opens nothing: the times in the record count', async () => {
    const ends: [string, Partial<SessionRecord>][] = [
      ['idle', { idleExpiresAt: 0 }],
      ['at its end', { endsAt: 0 }],
    ]
    for (const [how, change] of ends) {
      for (const at of [-minute, -1, 0]) {
        const { browser, events } = await setUpRecord((record) => {
          const now = record.createdAt + at
          return {
            ...record,
            createdAt: now - minute,
            ...(change.endsAt === 0 ? { endsAt: now, idleExpiresAt: now + hour } : { idleExpiresAt: now }),
          }
        }, true)
        assert.equal(await browser.see((session) => session.userId), undefined, how)
        assert.deepEqual(events, [{ type: 'rejected', reason: 'unknown' }], how)
      }
    }
  })

  test('row 56: what a session carries comes back exactly', async () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    const shared = { a: 1 }
    const carried = {
      date: new Date(5),
      invalid: new Date(Number.NaN),
      map: new Map<unknown, unknown>([
        [1, new Set([2])],
        [new Date(1), 3],
      ]),
      big: 10n ** 30n,
      none: undefined,
      list: [undefined, -0, Number.NaN, Infinity],
      sparse: [1, , 3], // oxlint-disable-line no-sparse-arrays
      surrogate: '\ud800',
      url: new URL('https://a.example/?b'),
      pattern: /a/giu,
      bytes: new Uint8Array([1, 2]),
      buffer: new ArrayBuffer(3),
      cycle,
      twice: [shared, shared],
      bare: Object.assign(Object.create(null), { x: 1 }),
    }
    const { browser } = setUp()
    await browser.visit((session) =>
      Object.entries(carried).forEach(([name, value]) => session.set(name, value)),
    )
    const seen = await browser.see((session) => Object.fromEntries(session.entries()))
    assert.deepStrictEqual(seen, carried)
  })

  test('row 56: what it cannot carry throws at set, with the path, and nothing is dropped in silence', async () => {
    class Money {}
    const refused: [unknown, string][] = [
      [() => {}, 'function'],
      [Symbol('x'), 'symbol'],
      [new Money(), 'Money'],
      [new WeakMap(), 'WeakMap'],
      [Promise.resolve(), 'Promise'],
      [new Error('x'), 'Error'],
      [new (class extends Map {})(), 'instance'],
      [Object.assign([1], { extra: 1 }), 'added'],
      [Object(1), 'Number'],
      [{ toJSON: () => 1 }, 'toJSON'],
      [new Uint8Array(new SharedArrayBuffer(1)), 'shared'],
      [JSON.parse('{"__proto__":1}'), '__proto__'],
    ]
    const { browser } = setUp()
    await browser.visit((session: LooseSession) => {
      for (const [value, what] of refused) {
        const check = (error: unknown) =>
          error instanceof TypeError &&
          error.message.startsWith('a.list[1].b') &&
          error.message.includes(what)
        assert.throws(() => session.set('a', { list: [0, { b: value }] }), check, what)
      }
      const pretenders: unknown[] = [
        new Proxy(new Date(), {}),
        Object.create(Date.prototype),
        Object.create(Map.prototype),
        Object.create(Uint8Array.prototype),
        {
          get price(): number {
            throw new Error('sold')
          },
        },
      ]
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      for (const value of [...pretenders, proxy]) {
        assert.throws(() => session.set('a', { b: [value] }), TypeError)
      }
      assert.equal(session.has('a'), false)
      assert.throws(() => session.set('a', 'x'.repeat(70_000)), SessionTooLargeError)
    })
  })
})

/** Sessions in a SQLite file, and a second connection that edits it by hand. */
function openSqlite(context: TestContext) {
  const path = join(makeFolder(context), 'sessions.db')
  const store: SessionStore = sqliteStore(path)
  const edit = (sql: string): Record<string, unknown> => {
    const database = new DatabaseSync(path)
    const row = database.prepare(sql).get() ?? {}
    database.close()
    return row
  }
  return { ...setUp({ store }), store, edit }
}
