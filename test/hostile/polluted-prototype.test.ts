import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { withSession } from '../../src/fetch.ts'
import { withSession as serveWithNode } from '../../src/node.ts'
import { hashOwner } from '../../src/id/hash.ts'
import { findMalformedProperty } from '../../src/contract/record.ts'
import type { ListedRecord } from '../../src/contract/capabilities.ts'
import type { SessionRecord, SessionStore } from '../../src/contract/store.ts'
import { toCommit, toRow } from '../../src/sql/row.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import { Browser, createTestClock, setUp } from '../core/harness.ts'
import type { Loose, LooseSession } from '../core/harness.ts'
import { exchange } from '../support/exchange.ts'
import { serve } from '../support/serve.ts'

/** What an attacker knows after planting a token: its first half. The second half is of their own choice. */
const chosen = 'ab'.repeat(16)

const hashOfChosen = createHash('sha256').update(chosen).digest('hex')

/** Every property of a record and of a change, as useful to an attacker as can be. */
const ofRecords: Loose = {
  key: 'f'.repeat(64),
  verifierHash: hashOfChosen,
  previousVerifierHash: hashOfChosen,
  graceUntil: 8e15,
  handle: 'evil',
  format: 2,
  version: 7,
  commitIds: ['evil'],
  data: '{"a":"evil"}',
  createdAt: 1,
  authenticatedAt: 8e15,
  lastSeenAt: 1,
  idleTimeout: 1,
  idleExpiresAt: 8e15,
  endsAt: 8e15,
  userId: 'anna',
  owner: hashOwner('session_id', 'anna'),
  lifetimes: 'own',
  rotatedAt: 8e15,
  details: 'evil',
}
/** The same of responses, options of a login, operations, and what is read of a store's error. */
const others: Loose = {
  status: 500,
  hasFailed: true,
  isBodiless: true,
  cacheControl: 'public',
  onLateChange: () => {},
  carryOver: ['nothing'],
  replaces: 'b',
  isLogin: true,
  takesFlash: true,
  rotates: true,
  headers: {},
  method: 'HEAD',
  path: '/elsewhere',
  record: sampleRecord(1, { userId: 'anna' }),
  isRotated: true,
  lost: 'gone',
  load: () => 'evil',
  code: 'EVIL',
}
const all: Loose = { ...ofRecords, ...others }
/** The same of the headers that an adapter adds. */
const ofHeaders: Loose = { setCookie: 'a=b', clearFormer: ['a=b'], vary: 'evil' }
const values: Loose = { ...all, ...ofHeaders }

const optional = [
  'graceUntil',
  'previousVerifierHash',
  'rotatedAt',
  'authenticatedAt',
  'userId',
  'owner',
  'lifetimes',
  'details',
]

/** What `act` resolves to while every object inherits these properties. */
async function polluted<Result>(
  names: readonly string[],
  act: () => Result | Promise<Result>,
): Promise<Result> {
  for (const name of names) {
    // oxlint-disable-next-line eslint/no-extend-native -- the pollution that is to be survived
    Object.defineProperty(Object.prototype, name, { value: values[name], configurable: true, writable: true })
  }
  try {
    return await act()
  } finally {
    for (const name of names) Reflect.deleteProperty(Object.prototype, name)
  }
}

/** A store of another kind: records are parsed text, without the properties that they lack. */
function textStore(): SessionStore {
  const store = memoryStore()
  return {
    ...store,
    read: async (key: string, now: number) => copy(await store.read(key, now)),
    listByUser: async (...asked: Parameters<typeof store.listByUser>) => {
      const records = await store.listByUser(...asked)
      return records.map((each) => copy(each))
    },
  } as SessionStore
}

function copy<Read extends ListedRecord | undefined>(record: Read): Read {
  return record && (JSON.parse(JSON.stringify(record)) as Read)
}

/** What users and an attacker meet while names are polluted. Nothing in it is random. */
async function visitAll(store: SessionStore, names: readonly string[]) {
  const { sessions, browser, clock } = setUp({ store })
  await browser.visit(
    (session) => (session.login('anna'), session.flash('notice', 'hello'), session.set('b', 1)),
  )
  const forged = new Browser(sessions, `${browser.cookie?.slice(0, -chosen.length)}${chosen}`)
  return polluted(names, async () => {
    const attacker = await forged.see((session) => session.userId)
    const taken: unknown[] = []
    await browser.visit(
      (session) => (session.set('a', [1]), session.delete('b'), taken.push(session.takeFlash('notice'))),
    )
    const seen = await browser.see((session) => [
      session.get('a'),
      session.get('b'),
      session.takeFlash('notice'),
    ])
    const visitor = await new Browser(sessions).see((session) => [session.userId, session.get('a')])
    const device = await sessions.list('anna')
    const { createdAt, expiresAt } = await browser.see((session) => session)
    clock.advance(1)
    const renewed = await browser.visit((session) => session.login('anna'))
    const { setCookie } = await browser.visit((session) => session.logout())
    return {
      attacker,
      taken,
      seen,
      visitor,
      device: device.map((each) => ({ ...each, handle: '' })),
      createdAt,
      expiresAt,
      isRenewed: /=[0-9a-f]{64};/.test(renewed.setCookie ?? ''),
      setCookie,
    }
  })
}

describe('a prototype that another package has polluted', () => {
  for (const [name, open] of Object.entries({ memory: memoryStore, text: textStore })) {
    test(`a prototype that another package has polluted changes nothing for a visitor, a user or an attacker, in a store of the kind ${name}`, async () => {
      const expected = await visitAll(open(), [])
      assert.equal(expected.attacker, undefined)
      assert.deepEqual(expected.seen, [[1], undefined, []])
      for (const names of [...Object.keys(all).map((each) => [each]), Object.keys(all)]) {
        assert.deepEqual(await visitAll(open(), names), expected, names.join())
      }
    })
  }

  test('a prototype that another package has polluted completes no record that lacks a property', async () => {
    const record: Loose = { ...sampleRecord(1) }
    for (const name of Object.keys(ofRecords).filter((each) => each in record)) {
      const incomplete = { ...record }
      Reflect.deleteProperty(incomplete, name)
      const find = () => findMalformedProperty(incomplete as unknown as SessionRecord)
      assert.equal(await polluted(Object.keys(ofRecords), find), find(), name)
    }
  })

  test('a prototype that another package has polluted is written into no row', async () => {
    const bare: SessionRecord = { ...sampleRecord(1) }
    for (const name of optional) Reflect.deleteProperty(bare, name)
    const expected = { version: 1, commitId: 'c' }
    const write = () => [toRow(bare), toCommit('k', expected, bare, 1)]
    assert.deepEqual(await polluted(Object.keys(all), write), write())
    assert.ok(write()[0]?.includes(null))
  })

  test('a prototype that another package has polluted gives a token that was replaced no grace, on a store that reads a change as it is', async () => {
    const rows = memoryStore()
    const store: SessionStore = {
      ...rows,
      // A copy with all that the change has, as a driver makes one of an object.
      commit(key, expected, change, now, limit) {
        const { graceUntil } = change
        return rows.commit(key, expected, { ...change, graceUntil }, now, limit)
      },
    }
    const { sessions, browser } = setUp({ store })
    await browser.visit((session) => session.login('anna'))
    const old = new Browser(sessions, browser.cookie)
    await polluted(['graceUntil'], () => browser.visit((session) => session.regenerateId()))
    assert.equal(await old.see((session) => session.userId), undefined)
  })

  test('a prototype that another package has polluted calls no change saved that was dropped', async () => {
    const { sessions, browser } = setUp()
    await browser.visit((session) => session.login('anna'))
    const late = await new Browser(sessions, browser.cookie).open()
    await browser.visit((session) => session.login('bert'))
    late.session.set('a', 1)
    await polluted(['record', 'isRotated'], () => assert.rejects(late.session.save(), { reason: 'replaced' }))
    assert.notEqual(late.session.get('a'), 1)
  })

  test('a prototype that another package has polluted puts no request outside of the path of the cookie', async () => {
    const { browser } = setUp({ cookie: { path: '/shop' } })
    await polluted(['path', 'method'], () => browser.visit((session) => session.set('a', 1)))
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('a prototype that another package has polluted keeps the properties that a record has from its class', async () => {
    class Row {
      readonly #record = sampleRecord(1)
      get data(): string {
        return this.#record.data
      }
    }
    const rest = { ...sampleRecord(1) }
    Reflect.deleteProperty(rest, 'data')
    const record = Object.assign(new Row(), rest)
    assert.equal(await polluted(['data', 'userId'], () => findMalformedProperty(record)), undefined)
  })

  test('a prototype that another package has polluted turns no options into a request, and neither into a manager', async () => {
    const serve = await polluted(['headers', 'method', 'load'], () =>
      withSession(() => new Response('ok'), { clock: createTestClock() }),
    )
    assert.equal(await (await serve(new Request('http://shop.test/'))).text(), 'ok')
  })

  for (const [name, look] of [
    ['does not use', () => {}],
    ['uses', (session: LooseSession) => void session.get('a')],
  ] as const) {
    test(`a prototype that another package has polluted adds no cookie to a response that ${name} the session, of coatcheck/fetch and of coatcheck/node`, async (context) => {
      const { sessions } = setUp()
      const origin = await serve(
        context,
        serveWithNode((request, response) => {
          look(sessions.get(request))
          response.end('ok')
        }, sessions),
      )
      const answer = () =>
        sessions.handle(new Request('http://shop.test/'), (_, session) => {
          look(session)
          return new Response('ok')
        })
      const expected = [...(await answer()).headers.keys()]
      await polluted([...Object.keys(ofHeaders), 'cacheControl'], async () => {
        assert.deepEqual([...(await answer()).headers.keys()], expected)
        const { setCookies } = await exchange(
          origin,
          'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
        )
        assert.deepEqual(setCookies, [])
      })
    })
  }
})
