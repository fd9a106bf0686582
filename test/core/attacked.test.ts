import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { sealRecord } from '../../src/contract/record.ts'
import { basicStore } from '../../src/stores/basic.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { MemoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import { hour, minute, settle, setUp } from './harness.ts'
import type { LooseSession } from './harness.ts'

describe('a request that left the browser before the answer to its login arrived', () => {
  test('a request that left the browser before the answer to its login arrived writes nothing and sends no cookie, and is told so, though it is read after the login', async () => {
    const { browser, store, events } = setUp()
    await browser.visit((session) => session.set('cart', 1))
    const late = browser.cookie
    await browser.visit((session) => session.login('u_1'))
    const fresh = browser.cookie
    browser.cookie = late
    const headers = await browser.visit((session) =>
      assert.throws(() => session.update('visits', () => 1), { reason: 'replaced', status: 409 }),
    )
    assert.equal(headers.setCookie, undefined)
    assert.equal(store.rows.size, 1)
    const event = events.at(-1)
    assert.equal(event?.type === 'rejected' && event.reason, 'replaced')
    browser.cookie = fresh
    assert.equal(await browser.see((session) => session.userId), 'u_1')
  })

  test('a request that left the browser before the answer to its login arrived does not clear the new cookie with its logout', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('cart', 1))
    const late = browser.cookie
    await browser.visit((session) => session.login('u_1'))
    browser.cookie = late
    const headers = await browser.visit((session) => session.destroy())
    assert.equal(headers.setCookie, undefined)
  })

  test('a request that left the browser before the answer to its login arrived begins a session after a minute: the answer has been lost', async () => {
    const { browser, clock } = setUp()
    await browser.visit((session) => session.set('cart', 1))
    const late = browser.cookie
    await browser.visit((session) => session.login('u_1'))
    browser.cookie = late
    clock.advance(minute)
    const headers = await browser.visit((session) => session.update('visits', () => 1))
    assert.match(headers.setCookie ?? '', /session_id=/)
  })
})

describe('a logout', () => {
  test('a logout removes the row of a record that the store cannot decode', async () => {
    const rows = new Map<string, string>()
    const store = basicStore({
      get: (key) => rows.get(key),
      save: (key, value) => rows.set(key, value),
      delete: (key) => rows.delete(key),
    })
    const { browser } = setUp({ store })
    await browser.visit((session) => session.login('u_1'))
    for (const [key, text] of rows) rows.set(key, text.replace('"format":1', '"format":2'))
    await browser.visit((session) => session.logout())
    assert.equal(rows.size, 0)
  })

  test('a logout removes the row though the request fails for an edit in place', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    visit.session.logout()
    visit.session.set('m', new Map())
    ;(visit.session.get('m') as Map<string, number>).set('x', 1)
    await assert.rejects(visit.conclude(), /edited in place/)
    assert.equal(store.rows.size, 0)
  })
})

const stores = {
  memory: memoryStore,
  SQLite: () => sqliteStore(':memory:'),
  'a basic store': () => {
    const texts = new Map<string, string>()
    return basicStore({
      get: (key) => texts.get(key),
      save: (key, text) => texts.set(key, text),
      delete: (key) => texts.delete(key),
    })
  },
}

describe('hostile surroundings', () => {
  test('an onEvent that rejects harms nobody', async () => {
    const { browser } = setUp({ onEvent: () => Promise.reject(new Error('the log is down')) })
    await browser.visit((session) => session.set('a', 1))
    await new Promise((resolve) => void setImmediate(resolve))
  })

  test('a codec that encodes differently each time makes no read an edit', async () => {
    const codec = {
      encode: (value: unknown) => `${Math.random()}|${JSON.stringify(value)}`,
      decode: (text: string) => JSON.parse(text.slice(text.indexOf('|') + 1)),
    }
    const { browser } = setUp({ codec })
    await browser.visit((session) => session.set('cart', { items: 1 }))
    assert.deepEqual(await browser.see((session) => session.get('cart')), { items: 1 })
  })

  test('a clock that counts fractions makes no record unreadable', async () => {
    const { clock } = setUp()
    const { browser } = setUp({ clock: { ...clock, now: () => clock.now() + 0.5 } })
    await browser.visit((session) => session.set('a', 1))
    assert.equal(await browser.see((session) => session.get('a')), 1)
  })

  test('a store whose sweepEvery is no duration is refused at construction', () => {
    for (const sweepEvery of [Number.NaN, 0, 2 ** 31]) {
      const store: MemoryStore = { ...memoryStore(), sweepEvery }
      assert.throws(() => createSessionManager({ store }), /store\.sweepEvery/)
    }
  })

  for (const [name, store] of Object.entries(stores)) {
    test(`a polluted prototype makes no visitor somebody, in ${name}`, async () => {
      const { browser, clock } = setUp({ store: store() })
      // oxlint-disable-next-line eslint/no-extend-native -- the pollution that is to be survived
      Object.defineProperty(Object.prototype, 'userId', { value: 'u_evil', configurable: true })
      try {
        assert.equal(await browser.see((session) => session.userId), undefined)
        await browser.visit((session) => session.set('theme', 'dark'))
        await browser.visit((session) => session.set('theme', 'light'))
        clock.advance(3 * hour)
        await browser.visit((session) => session.get('theme'))
        await settle()
      } finally {
        Reflect.deleteProperty(Object.prototype, 'userId')
      }
      assert.equal(await browser.see((session) => session.userId), undefined)
      assert.equal(await browser.see((session) => session.get('theme')), 'light')
    })
  }

  for (const name of ['previousVerifierHash', 'graceUntil', 'authenticatedAt', 'userId', 'details']) {
    test(`a polluted prototype gives a record no ${name}`, () => {
      const record = sampleRecord(0)
      // oxlint-disable-next-line eslint/no-extend-native -- the pollution that is to be survived
      Object.defineProperty(Object.prototype, name, { value: 'evil', configurable: true })
      const sealed = sealRecord(record)
      Reflect.deleteProperty(Object.prototype, name)
      assert.deepEqual(sealed, record)
    })
  }

  test('a value with toJSON is refused, enumerable or not, and shared memory as well', async () => {
    const { browser } = setUp()
    const sneaky = Object.defineProperty({ price: 5 }, 'toJSON', { value: () => ({ price: 0 }) })
    await browser.visit((session) => {
      assert.throws(() => session.set('price', sneaky), /^TypeError: price: .*toJSON/)
      assert.throws(
        () => session.set('bytes', new Uint8Array(new SharedArrayBuffer(8))),
        /^TypeError: bytes: /,
      )
    })
  })

  test('a session looked at for the first time after a public head throws', async () => {
    const { browser } = setUp()
    const visit = await browser.open()
    await visit.conclude({ cacheControl: 'public, max-age=60' })
    assert.throws(() => visit.session.userId, /public/)
  })
})

describe('a function given to update or transaction', () => {
  const calls = {
    logout: (session: LooseSession) => session.logout(),
    destroy: (session: LooseSession) => session.destroy(),
    login: (session: LooseSession) => session.login('u_2'),
    set: (session: LooseSession) => session.set('b', 2),
  }
  for (const [name, call] of Object.entries(calls)) {
    test(`a function given to update or transaction cannot ${name} the session it runs for: that could not be replayed`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => session.login('u_1'))
      await browser.visit(async (session) => {
        await assert.rejects(
          session.transaction(() => call(session)),
          { code: 'ERR_SESSION_STATE' },
        )
        assert.throws(() => session.update('a', () => call(session)), { code: 'ERR_SESSION_STATE' })
      })
      assert.equal(await browser.see((session) => session.userId), 'u_1')
      assert.equal(store.rows.size, 1)
    })
  }
})

describe('what the review found', () => {
  test('a slow store fails nobody who waits in line: 50 increments of 60 ms each are 50', async () => {
    const { browser, store, clock } = setUp({ timeout: '2s' })
    await browser.visit((session) => session.set('count', 0))
    const visits = await Promise.all(Array.from({ length: 50 }, () => browser.open()))
    for (const { session } of visits) session.update('count', (count) => Number(count) + 1)
    store.always('commit', 'hold')
    const concluding = Promise.all(visits.map((visit) => visit.conclude()))
    for (let turn = 0; turn < 2; turn += 1) {
      const held = await store.held('commit')
      clock.advance(60)
      held.pass()
    }
    await concluding
    store.always('commit', 'pass')
    assert.equal(await browser.see((session) => session.get('count')), 50)
  })

  test('clear spares what another request adds meanwhile', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const clearing = await browser.open()
    clearing.session.clear()
    await browser.visit((session) => session.set('b', 2))
    await clearing.conclude()
    assert.deepEqual(await browser.see((session) => session.keys()), ['b'])
  })

  test('the order of a Map counts as an edit, the lastIndex of a RegExp does not', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      session.set(
        'map',
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
      )
      session.set('pattern', /a/g)
    })
    await browser.visit((session) => void (session.get('pattern') as RegExp).test('a'))
    const visit = await browser.open()
    const map = visit.session.get('map') as Map<string, number>
    map.delete('a')
    map.set('a', 1)
    await assert.rejects(async () => visit.conclude(), /edited in place/)
  })

  test('an old token is outdated for a minute after the login, however busy the new one is', async () => {
    const { browser, clock } = setUp()
    await browser.visit((session) => session.set('cart', 1))
    const old = browser.cookie
    await browser.visit((session) => session.login('u_1'))
    clock.advance(minute)
    await browser.visit((session) => session.set('busy', true))
    browser.cookie = old
    const headers = await browser.visit((session) => session.set('b', 1))
    assert.match(headers.setCookie ?? '', /session_id=/)
  })
})
