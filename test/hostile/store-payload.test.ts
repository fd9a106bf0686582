import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { inspect } from 'node:util'
import { SessionDecodeError, SessionTooLargeError } from '../../src/contract/errors.ts'
import type { SessionRecord, SessionStore } from '../../src/contract/store.ts'
import { basicStore } from '../../src/stores/basic.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { hour, minute, rewrite, rowOf, setUp, typesOf } from '../core/harness.ts'
import type { LooseSession } from '../core/harness.ts'
import { demandNoTraces, demandRefused, demandUnreadable, setUpData, setUpRecord } from './damaged-store.ts'
import { makeFolder } from './inert-keys.ts'

demandNoTraces()

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
    // oxlint-disable-next-line typescript/await-thenable -- a session must not pass for a promise
    assert.equal(await session, session)
    assert.deepEqual(session.keys(), names)
    for (const name of names) assert.deepEqual(session.get(name), { [name]: name })
    assert.throws(() => session.set(Symbol.iterator as unknown as string, 1), TypeError)
    assert.throws(() => session.set('a', { [Symbol.iterator]: 1 }), /^TypeError: a: .*symbol/)
    assert.throws(() => session.set('a', { toJSON: () => {} }), /^TypeError: a: .*toJSON/)
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
      const { edit, ...set } = openSqlite(context)
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
    const [[key, text] = ['', '']] = [...texts]
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
    const [opening, closing] = [`{"a":${'['.repeat(100_000)}`, `${']'.repeat(100_000)}}`]
    const nest = (end: string) => opening + end + closing
    const marked = `{"a":{"~":[${Array.from({ length: 50_000 }, (_, index) => `[${index + 1}]`).join()},1]}}`
    for (const data of [nest(''), nest('{"__proto__":1}'), nest('{"~":[]}'), marked]) {
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
      Infinity,
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
      { format: 3 },
      { format: 1 },
      { format: 0 },
      { format: '2' },
      { format: undefined },
      { format: [2] },
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
      { userId: undefined },
      { owner: undefined },
      { owner: 5 },
      { owner: null },
      { lifetimes: 5 },
      { lifetimes: 'others' },
      { rotatedAt: 'x' },
      { rotatedAt: -1 },
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
    for (const damage of [{ format: 3 }, { commitIds: undefined }, { data: 5 }, { endsAt: {} }]) {
      store.read = () => Promise.resolve({ ...row, ...damage } as unknown as SessionRecord)
      await assert.rejects(visit.conclude(), SessionDecodeError, inspect(damage))
    }
    assert.equal(rowOf(store.rows, clock), row)
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
    class Money {
      readonly cents = 5
    }
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
