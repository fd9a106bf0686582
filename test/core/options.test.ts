import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock } from '../../src/contract/clock.ts'
import { losslessCodec } from '../../src/codec/lossless-codec.ts'
import { SessionConfigError } from '../../src/contract/errors.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionOptions } from '../../src/manager/session-options.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, minute, rowOf, setUp, openExchange } from './harness.ts'

describe('an option', () => {
  const refused: readonly [string, unknown, RegExp][] = [
    ['that is unknown', { secret: 'x' }, /^secret: unknown option\. Allowed are .*cookie.*maxAge/],
    [
      'in other case, with what was meant',
      { maxage: '1h' },
      /^maxage: unknown option\. Did you mean 'maxAge'\?/,
    ],
    ['with a hyphen, with what was meant', { 'idle-timeout': '1h' }, /Did you mean 'idleTimeout'\?/],
    ['__proto__', JSON.parse('{"__proto__":{"eager":true}}'), /__proto__/],
    ['rotateEvery, which does not work yet', { rotateEvery: '1h' }, /^rotateEvery: unknown option/],
    ['rotationGrace, which does not work yet', { rotationGrace: '1m' }, /^rotationGrace: unknown option/],
    ['encryptionKeys, which does not work yet', { encryptionKeys: [] }, /^encryptionKeys: unknown option/],
    ['trustProxy, which does not work yet', { trustProxy: true }, /^trustProxy: unknown option/],
    ['maxSessionsPerUser that is 0', { maxSessionsPerUser: 0 }, /^maxSessionsPerUser: received 0; /],
    [
      'maxSessionsPerUser that is a fraction',
      { maxSessionsPerUser: 1.5 },
      /^maxSessionsPerUser: received 1.5; /,
    ],
    ['realm that is empty', { realm: '' }, /^realm: received ''; /],
    ['realm with a line break', { realm: 'a\nb' }, /^realm: /],
    ['onDropped that is unknown', { onDropped: 'ignore' }, /^onDropped: received 'ignore'; /],
    ['schema, which does not work yet', { schema: {} }, /^schema: unknown option/],
    ['maxAge of 0', { maxAge: 0 }, /^maxAge: received 0; allowed is /],
    ['maxAge of -1', { maxAge: -1 }, /^maxAge: received -1/],
    ['maxAge that is not a number', { maxAge: Number.NaN }, /^maxAge: received NaN/],
    ['maxAge without end', { maxAge: Infinity }, /^maxAge: received Infinity/],
    ['maxAge of 401 days', { maxAge: '401d' }, /^maxAge: received '401d'; .* from 1 ms to 400 days$/],
    ['maxAge in milliseconds', { maxAge: 86_400_000 }, /^maxAge: .*Milliseconds\? Write '24h'/],
    ['maxAge null', { maxAge: null }, /^maxAge: received /],
    [
      'idleTimeout longer than maxAge',
      { maxAge: '1h', idleTimeout: '2h' },
      /^idleTimeout: received '2h'; allowed is at most maxAge, 3600 s$/,
    ],
    ['idleTimeout longer than the default maxAge', { idleTimeout: '25h' }, /^idleTimeout: received .*25h/],
    ['idleTimeout null', { idleTimeout: null }, /^idleTimeout: received /],
    [
      'touchEvery as long as idleTimeout',
      { idleTimeout: '1h', touchEvery: '1h' },
      /^touchEvery: .*less than idleTimeout/,
    ],
    ['touchEvery null', { touchEvery: null }, /^touchEvery: received /],
    ['touchEvery of 0', { touchEvery: 0 }, /^touchEvery: /],
    ['timeout above 5 minutes', { timeout: '6m' }, /^timeout: /],
    ['timeout of 0', { timeout: 0 }, /^timeout: /],
    ['eager as text', { eager: 'true' }, /^eager: received .*true.*; allowed is true or false/],
    ['eager null', { eager: null }, /^eager: /],
    ['strict as a number', { strict: 1 }, /^strict: /],
    ['saveOnError as text', { saveOnError: 'no' }, /^saveOnError: /],
    ['context as an object', { context: {} }, /^context: /],
    [
      'onStoreFailure unknown',
      { onStoreFailure: 'logout' },
      /^onStoreFailure: .*'error'.*'visitor'.*function/,
    ],
    [
      'caching public',
      { caching: 'public' },
      /^caching: received 'public'; allowed is 'private', 'vary' or a function$/,
    ],
    ['caching null', { caching: null }, /^caching: /],
    ['onUnreadable unknown', { onUnreadable: 'logout' }, /^onUnreadable: .*'error'.*'discard'/],
    ['skip that is no function', { skip: /assets/ }, /^skip: /],
    ['onEvent that is no function', { onEvent: console }, /^onEvent: /],
    ['maxSize of 0', { maxSize: 0 }, /^maxSize: received 0; allowed is a whole number of bytes from 1$/],
    ['maxSize without end', { maxSize: Infinity }, /^maxSize: /],
    ['maxSize as text', { maxSize: '64kb' }, /^maxSize: /],
    ['store null', { store: null }, /^store: /],
    [
      'store that is an address, without showing it',
      { store: 'redis://:secret@localhost' },
      /^store: received string; /,
    ],
    ['store without verbs', { store: {} }, /^store: .*create, read, commit, touch, delete/],
    [
      'store that lacks a verb',
      { store: { ...memoryStore(), touch: undefined } },
      /^store: received object; allowed is .* create, read, commit, touch, delete; it lacks touch$/,
    ],
    ['store that is a class', { store: Map }, /^store: /],
    [
      'store that was not called',
      { store: memoryStore },
      /^store: received function; .*lacks create\. Call it$/,
    ],
    ['store that is a promise', { store: Promise.resolve(memoryStore()) }, /lacks create\. Await it$/],
    [
      'store by name',
      { store: 'redis' },
      /^store: received string; .*Pass what redisStore\(client\) returns$/,
    ],
    ['store in place of the options', memoryStore(), /^options: received a store; write \{ store \}$/],
    ['cookie null', { cookie: null }, /^cookie: /],
    ['codec without decode', { codec: { encode: String } }, /^codec: .*it lacks decode$/],
    ['codec null', { codec: null }, /^codec: /],
    ['clock without schedule', { clock: { now: Date.now } }, /^clock: .*it lacks schedule$/],
    ['clock null', { clock: null }, /^clock: /],
  ]
  for (const [what, options, message] of refused) {
    test(`${what} is refused at construction, by name`, () => {
      assert.throws(
        () => createSessionManager(options as SessionOptions),
        (error: unknown) => {
          assert.ok(error instanceof SessionConfigError, String(error))
          assert.match(error.message, message)
          return true
        },
      )
    })
  }

  for (const options of [null, [], 'x', 5, true] as unknown as SessionOptions[]) {
    test(`object that is ${JSON.stringify(options)} is refused`, () => {
      assert.throws(() => createSessionManager(options), SessionConfigError)
    })
  }

  test('an option that is undefined means its default', async () => {
    const names = [
      'cookie',
      'maxAge',
      'idleTimeout',
      'touchEvery',
      'store',
      'eager',
      'strict',
      'saveOnError',
      'onUnreadable',
      'onStoreFailure',
      'caching',
      'skip',
      'context',
      'onEvent',
      'codec',
      'clock',
      'timeout',
      'maxSize',
    ]
    const sessions = createSessionManager(Object.fromEntries(names.map((name) => [name, undefined])))
    const exchange = await openExchange(sessions, { cookie: null, secure: false })
    const { session } = exchange
    session.login('u_1')
    const setCookie = (await exchange.conclude({ status: 200 })).cookies[0]?.line ?? ''
    assert.match(setCookie ?? '', /^session_id=[0-9a-f]{64}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax$/)
    await sessions.close()
  })

  const polluted: readonly [string, unknown][] = [
    ['maxAge', 1],
    ['idleTimeout', '1s'],
    ['touchEvery', '1ms'],
    ['cookie', { name: 'polluted' }],
    ['eager', true],
    ['store', {}],
    ['onUnreadable', 'discard'],
    ['onStoreFailure', 'visitor'],
    ['caching', 'vary'],
  ]
  for (const [name, value] of polluted) {
    test(`${name} on a prototype is no option`, async () => {
      const { clock, store } = setUp()
      const sessions = createSessionManager(
        Object.create(
          { [name]: value },
          {
            clock: { value: clock, enumerable: true },
            ...(name === 'store' ? {} : { store: { value: store, enumerable: true } }),
          },
        ) as SessionOptions,
      )
      const exchange = await openExchange(sessions, { cookie: null, secure: false })
      const { session } = exchange
      assert.equal(session.isNew, true)
      session.login('u_1')
      const setCookie = (await exchange.conclude({ status: 200 })).cookies[0]?.line ?? ''
      assert.match(setCookie ?? '', /^session_id=[0-9a-f]{64}; Max-Age=86400;/)
      if (name !== 'store') assert.equal(rowOf(store.rows, clock).idleTimeout, 24 * 60 * minute)
      await sessions.close()
    })
  }

  test('object that is changed later changes nothing', async () => {
    const { clock, store } = setUp()
    const cookie: { name: string } = { name: 'before' }
    const options = { cookie, clock, store, maxAge: '1h' as const }
    const sessions = createSessionManager(options)
    cookie.name = 'after'
    Object.assign(options, { maxAge: '2h' })
    const exchange = await openExchange(sessions, { cookie: null, secure: false })
    const { session } = exchange
    session.set('a', 1)
    assert.match((await exchange.conclude({ status: 200 })).cookies[0]?.line ?? '', /^before=.*Max-Age=3600;/)
  })

  test('idleTimeout is at most a maxAge below its default', async () => {
    const { browser, store, clock } = setUp({ maxAge: '1h' })
    await browser.visit((session) => session.set('a', 1))
    const { idleTimeout, endsAt, idleExpiresAt } = rowOf(store.rows, clock)
    assert.equal(idleTimeout, 60 * minute)
    assert.equal(endsAt, idleExpiresAt)
  })

  test('idleTimeout may be a few milliseconds, without a word about touchEvery', () => {
    for (const idleTimeout of ['1ms', '2ms', '9ms', '15ms'] as const) createSessionManager({ idleTimeout })
  })

  test('touchEvery is a tenth of idleTimeout when it is not given', async () => {
    const { browser, store, clock } = setUp({ idleTimeout: '10m' })
    await browser.visit((session) => session.set('a', 1))
    clock.advance(minute - 1)
    await browser.visit()
    assert.equal(store.count('touch'), 0)
    clock.advance(1)
    await browser.visit()
    assert.equal(store.count('touch'), 1)
  })

  test('message never holds what a connection is made of', () => {
    const store = { url: 'redis://user:secret@host', client: { password: 'secret' } }
    assert.throws(
      () => createSessionManager({ store } as unknown as SessionOptions),
      (error: Error) => !error.message.includes('secret'),
    )
  })
})

describe('the codec option', () => {
  test('the codec option lets an application carry what the built-in codec cannot', async () => {
    class Money {
      readonly cents: number
      constructor(cents: number) {
        this.cents = cents
      }
    }
    const codec = {
      encode: (value: unknown) => JSON.stringify(value instanceof Money ? { money: value.cents } : value),
      decode(text: string): unknown {
        const value: unknown = JSON.parse(text)
        return typeof value === 'object' && value !== null && 'money' in value
          ? new Money(Number(value.money))
          : value
      },
    }
    const { browser } = setUp({ codec })
    await browser.visit((session) => (session.set('price', new Money(5)), session.set('a', { b: 1 })))
    await browser.visit((session) => {
      assert.deepEqual(session.get('price'), new Money(5))
      assert.deepEqual(session.get('a'), { b: 1 })
      session.update('price', (price) => new Money((price as Money).cents + 1))
    })
    assert.deepEqual(await browser.see((session) => session.get('price')), new Money(6))
  })

  test('the codec option that throws is heard at set, and at get as a SessionDecodeError without its message', async () => {
    const codec = {
      encode(value: unknown) {
        if (value === 'bad') throw new TypeError('cannot carry this')
        return String(value)
      },
      decode(): unknown {
        throw new Error('tell-nobody')
      },
    }
    const { browser } = setUp({ codec })
    await browser.visit((session) => {
      assert.throws(() => session.set('a', 'bad'), /^TypeError: cannot carry this$/)
      session.set('a', 'good')
    })
    const { session } = await browser.open()
    assert.throws(
      () => session.get('a'),
      (error: Error) => error.name === 'SessionDecodeError' && !/tell-nobody/.test(error.stack ?? ''),
    )
  })

  test('the codec option that encodes to no text is refused at set', async () => {
    const codec = { encode: () => undefined as unknown as string, decode: (text: string) => text }
    const { browser } = setUp({ codec })
    await browser.visit((session) => assert.throws(() => session.set('a', 1), TypeError))
  })

  test('the codec option reads nothing of a session that another codec wrote as something else', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', { b: 1 }))
    const codec = {
      encode: (value: unknown) => JSON.stringify(value),
      decode: (text: string): unknown => JSON.parse(text),
    }
    const other = new Browser(setUp({ codec, store, clock }).sessions, browser.cookie)
    const { session } = await other.open()
    assert.throws(() => session.get('a'), { code: 'ERR_SESSION_DECODE' })
  })

  test('the codec option may wrap the built-in one', async () => {
    const codec = {
      encode: (value: unknown) => Buffer.from(losslessCodec.encode(value)).toString('base64'),
      decode: (text: string) => losslessCodec.decode(Buffer.from(text, 'base64').toString()),
    }
    const { browser, store, clock } = setUp({ codec })
    const value = { when: new Date(5), list: [1n, -0] }
    await browser.visit((session) => session.set('a', value))
    assert.deepStrictEqual(await browser.see((session) => session.get('a')), value)
    assert.doesNotMatch(rowOf(store.rows, clock).data, /1970/)
  })
})

describe('the system clock', () => {
  test('the system clock tells the time, and runs and cancels tasks', async () => {
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000)
    let runs = 0
    const cancel = systemClock.schedule(0, () => void (runs += 1))
    cancel()
    await new Promise<void>((resolve) => {
      systemClock.schedule(0, resolve)
      setImmediate(() => setTimeout(() => {}, 5))
    })
    assert.equal(runs, 0)
  })
})
