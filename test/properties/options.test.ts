import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { SessionConfigError } from '../../src/contract/errors.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionOptions } from '../../src/manager/session-options.ts'
import { basicStore } from '../../src/stores/basic.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'
import { rowOf, setUp, openExchange } from '../core/harness.ts'
import { watchPrototypes } from '../support/watch-prototypes.ts'
import { anyValue, treacherous } from './any-value.ts'

after(watchPrototypes())

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const day = 86_400_000

/** What a duration means in milliseconds, read independently: NaN for what is none. */
function read(value: unknown): number {
  if (typeof value === 'number') return value * 1000
  const [, count, unit] =
    (typeof value === 'string' && /^(\d{1,15}(?:\.\d{1,3})?)(ms|s|m|h|d|w)$/.exec(value)) || []
  return unit === undefined ? Number.NaN : Number(count) * milliseconds[unit as 'ms']
}

function isDuration(value: unknown, longest: number): boolean {
  return read(value) >= 1 && read(value) <= longest
}

function hasFunctions(value: unknown, ...names: string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof Reflect.get(value, name) === 'function')
  )
}

const isFlag = (value: unknown) => typeof value === 'boolean'
const isFunction = (value: unknown) => typeof value === 'function'
const isPolicy = (value: unknown) => value === 'error' || value === 'visitor' || isFunction(value)

const isCaching = (value: unknown) => value === 'private' || value === 'vary' || isFunction(value)

/** Which values each option takes, besides `undefined`. */
const accepts: Record<string, (value: unknown) => boolean> = {
  maxAge: (value) => isDuration(value, 400 * day),
  idleTimeout: (value) => isDuration(value, day),
  touchEvery: (value) => isDuration(value, day - 1),
  timeout: (value) => isDuration(value, 300_000),
  store: (value) => hasFunctions(value, 'create', 'read', 'commit', 'touch', 'delete'),
  eager: isFlag,
  strict: isFlag,
  saveOnError: isFlag,
  context: isFlag,
  skip: isFunction,
  onEvent: isFunction,
  onUnreadable: (value) => value === 'error' || value === 'discard',
  onStoreFailure: isPolicy,
  caching: isCaching,
  codec: (value) => hasFunctions(value, 'encode', 'decode'),
  clock: (value) => hasFunctions(value, 'now', 'schedule', 'scheduleIdly'),
  maxSize: (value) => Number.isSafeInteger(value) && (value as number) > 0,
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const acceptsCookie: Record<string, (value: unknown) => boolean> = {
  name: (value) =>
    typeof value === 'string' &&
    token.test(value) &&
    value.length <= 128 &&
    (!/^__(host|secure|http)-/i.test(value) || /^__(Host-Http|Http|Host|Secure)-/.test(value)) &&
    !Reflect.has({}, value),
  path: (value) => typeof value === 'string' && /^\/[ -:<-~]*$/.test(value) && value.length <= 1024,
  domain: (value) =>
    typeof value === 'string' &&
    value.length <= 253 &&
    value.split('.').every((label) => /^[a-z\d-]{1,63}$/i.test(label) && !/^-|-$/.test(label)),
  secure: (value) => isFlag(value) || value === 'auto',
  httpOnly: isFlag,
  sameSite: (value) => value === 'lax' || value === 'strict' || value === 'none',
  partitioned: isFlag,
  priority: (value) => value === 'low' || value === 'medium' || value === 'high',
  persistent: isFlag,
}

/** What an option takes now and then, and any value else. */
const value = fc.oneof(
  anyValue,
  fc.stringMatching(/^\d{1,4}(\.\d{1,3})?(ms|s|m|h|d|w)$/),
  fc.double({ min: 0.0001, max: 1e7, noNaN: true }),
  fc.integer({ min: 1, max: 100_000 }),
  fc.stringMatching(/^[a-zA-Z_-]{1,12}$/),
  fc.stringMatching(/^\/[a-z ;/]{0,8}$/),
  fc.domain(),
  fc.constantFrom<unknown>(
    'lax',
    'strict',
    'none',
    'auto',
    'low',
    'medium',
    'high',
    'error',
    'discard',
    'visitor',
    'private',
    'vary',
    '__Host-id',
    '__host-id',
    '__HTTP-id',
    true,
    false,
    null,
    undefined,
    memoryStore(),
    fakeClock(),
    () => true,
    { encode: String, decode: String },
  ),
)

/** Whether it is accepted; what is refused must be refused by name. */
function isAccepted(option: string, create: () => unknown): boolean {
  try {
    create()
    return true
  } catch (error) {
    assert.ok(error instanceof SessionConfigError, error instanceof Error ? error.stack : String(error))
    assert.ok(error.message.startsWith(`${option}: `), `${option}: ${error.message}`)
    return false
  }
}

function demandTable(prefix: string, table: typeof accepts, create: (options: object) => unknown): void {
  const demandUnchanged = watchPrototypes()
  for (const [name, takes] of Object.entries(table)) {
    fc.assert(
      fc.property(value, (given) => {
        const isTaken = isAccepted(prefix + name, () => create({ [name]: given }))
        assert.equal(isTaken, given === undefined || takes(given))
      }),
      { numRuns: 150 },
    )
    for (const given of treacherous) {
      const isTaken = isAccepted(prefix + name, () => create({ [name]: given }))
      assert.equal(isTaken, typeof given === 'function' && isFunctionOption(takes))
    }
    const options = Object.defineProperty({}, name, {
      enumerable: true,
      get() {
        throw new Error('a trap')
      },
    })
    assert.equal(
      isAccepted(prefix + name, () => create(options)),
      false,
    )
  }
  demandUnchanged()
}

function isFunctionOption(takes: (value: unknown) => boolean): boolean {
  return takes === isFunction || takes === isPolicy || takes === isCaching
}

describe('any value for any option is taken as documented, or refused by name', () => {
  test('any value for any option is taken as documented, or refused by name of a session manager', () => {
    demandTable('', accepts, createSessionManager)
  })

  test('any value for any option is taken as documented, or refused by name of the cookie', () => {
    demandTable('cookie.', acceptsCookie, (cookie) => {
      // What the other attributes may demand is another property's business.
      if (!('secure' in cookie)) Object.assign(cookie, { secure: true })
      createSessionManager({ cookie })
    })
  })

  test('any value for any option is taken as documented, or refused by name of memoryStore', () => {
    demandTable(
      'memoryStore.',
      {
        maxSessions: (given) =>
          Number.isInteger(given) && (given as number) >= 1 && (given as number) <= 10_000_000,
        sweepEvery: (given) => isDuration(given, day),
      },
      memoryStore,
    )
  })

  test('any value for any option is taken as documented, or refused by name of sqliteStore', () => {
    demandTable(
      'sqliteStore.',
      {
        table: (given) =>
          typeof given === 'string' && /^[A-Za-z_]\w{0,62}$/.test(given) && !/^sqlite_/i.test(given),
        sweepEvery: (given) => isDuration(given, day),
        synchronous: (given) => given === 'normal' || given === 'full',
      },
      (options) => sqliteStore(':memory:', options),
    )
  })

  test('any value for any option is taken as documented, or refused by name of basicStore', () => {
    const functions = { get: () => null, save: () => {}, delete: () => {} }
    for (const name of Object.keys(functions)) {
      fc.assert(
        fc.property(value, (given) => {
          const isTaken = isAccepted(`basicStore.${name}`, () => basicStore({ ...functions, [name]: given }))
          assert.equal(isTaken, isFunction(given))
        }),
      )
    }
  })
})

describe('whatever stands in the place of options', () => {
  const creates: Record<string, (options: never) => unknown> = {
    options: createSessionManager,
    cookie: (cookie) => createSessionManager({ clock: fakeClock(), cookie }),
    memoryStore,
    sqliteStore: (options) => sqliteStore(':memory:', options),
    basicStore,
  }
  for (const [where, create] of Object.entries(creates)) {
    test(`whatever stands in the place of options of ${where} is refused by name, or an object whose own names are all known`, () => {
      fc.assert(
        fc.property(anyValue, (given) => {
          try {
            create(given as never)
            assert.ok(
              given === undefined ||
                (typeof given === 'object' && given !== null && Object.keys(given).length === 0),
            )
          } catch (error) {
            assert.ok(error instanceof SessionConfigError, String(error))
            const isNamed = error.message.startsWith(where) || error.message.includes(': unknown option. ')
            assert.ok(isNamed, error.message)
          }
        }),
      )
      for (const given of treacherous) {
        try {
          create(given as never)
        } catch (error) {
          assert.ok(error instanceof SessionConfigError, error instanceof Error ? error.stack : String(error))
        }
      }
    })
  }

  test('whatever stands in the place of options gives nothing of what it inherits', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(accepts), 'cookie', 'nonsense'), value, (name, given) => {
        createSessionManager(Object.create({ [name]: given }) as SessionOptions)
      }),
    )
  })
})

describe('options that are accepted mean what is documented', () => {
  const time = fc.oneof(
    fc.integer({ min: 1, max: 400 * 86_400 }),
    fc.integer({ min: 10, max: 400 }).map((days) => `${days}d` as const),
    fc.integer({ min: 1000, max: 10_000_000 }).map((each) => `${each}ms` as const),
  )

  test('times: in the record and in Max-Age', async () => {
    await fc.assert(
      fc.asyncProperty(time, time, async (first, second) => {
        const [maxAge, idleTimeout] = [first, second].toSorted((left, right) => read(right) - read(left)) as [
          typeof first,
          typeof second,
        ]
        const { browser, store, clock } = setUp({ maxAge, idleTimeout })
        const { setCookie } = await browser.visit((session) => session.set('a', 1))
        const row = rowOf(store.rows, clock)
        assert.equal(row.endsAt - row.createdAt, read(maxAge))
        assert.equal(row.idleTimeout, read(idleTimeout))
        assert.match(setCookie ?? '', new RegExp(`; Max-Age=${Math.ceil(read(maxAge) / 1000)};`))
      }),
      { numRuns: 200 },
    )
  })

  test('the cookie: each attribute in the line that is sent, and no other', async () => {
    const cookies = fc.record(
      {
        name: fc.constantFrom('session_id', '__Host-id', '__Secure-id', 'sid'),
        path: fc.constantFrom('/', '/app'),
        domain: fc.constantFrom('shop.test', undefined),
        secure: fc.constantFrom(true, false, 'auto' as const),
        httpOnly: fc.boolean(),
        sameSite: fc.constantFrom('lax' as const, 'strict' as const, 'none' as const),
        partitioned: fc.boolean(),
        priority: fc.constantFrom('low' as const, 'medium' as const, 'high' as const, undefined),
        persistent: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(cookies, fc.boolean(), async (cookie, isHttps) => {
        const {
          name = 'session_id',
          path = '/',
          domain,
          secure = 'auto',
          httpOnly = true,
          sameSite = 'lax',
          partitioned = false,
          priority,
          persistent = true,
        } = cookie
        const isHost = name.startsWith('__Host-')
        const isRefused =
          ((sameSite === 'none' || partitioned || name.startsWith('__')) && secure !== true) ||
          (isHost && (path !== '/' || domain !== undefined))
        const create = () => createSessionManager<Record<string, unknown>>({ cookie })
        if (isRefused) return assert.throws(create, SessionConfigError)
        const sessions = create()
        const exchange = await openExchange(sessions, { cookie: undefined, secure: isHttps })
        const { session } = exchange
        session.set('a', 1)
        const setCookie = (await exchange.conclude({ status: 200 })).cookies[0]?.line ?? ''
        const expected = [
          ...(persistent ? ['Max-Age=86400'] : []),
          ...(domain ? [`Domain=${domain}`] : []),
          `Path=${path}`,
          ...(httpOnly ? ['HttpOnly'] : []),
          ...(secure === true || (secure === 'auto' && isHttps) ? ['Secure'] : []),
          ...(partitioned ? ['Partitioned'] : []),
          ...(priority ? [`Priority=${priority}`] : []),
          `SameSite=${sameSite}`,
        ]
        const [pair = '', ...attributes] = setCookie.split('; ')
        assert.match(pair, new RegExp(`^${name}=[0-9a-f]{64}$`))
        assert.deepEqual(
          attributes.map((each) => each.toLowerCase()).toSorted(),
          expected.map((each) => each.toLowerCase()).toSorted(),
        )
        await sessions.close()
      }),
      { numRuns: 500 },
    )
  })
})
