import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { format, inspect } from 'node:util'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, rewrite, rowOf, setUp } from './harness.ts'
import type { LooseSession } from './harness.ts'

/** A session in every state, and what none of its prints may show. */
async function begin() {
  const set = setUp()
  const { browser, store, clock } = set
  await browser.visit((session) => {
    session.set('name', 'secret-value')
    session.set('secret-name', 1)
    session.flash('info', 'secret-message')
    session.login('secret-user', { details: 'secret-details' })
  })
  const { key, verifierHash, commitIds } = rowOf(store.rows, clock)
  const { token } = browser
  const secrets = [token, token.slice(0, 32), token.slice(32), key, verifierHash, ...commitIds, 'secret-']
  return { ...set, secrets }
}

function assertSilent(text: unknown, secrets: readonly string[]): void {
  for (const secret of secrets)
    assert.equal(String(text).includes(secret), false, `it shows ${secret}: ${String(text)}`)
}

const prints: readonly [string, (session: LooseSession) => unknown][] = [
  ['String()', (session) => String(session)],
  ['a template', (session) => `${session}`], // oxlint-disable-line restrict-template-expressions
  ['concatenation', (session) => '' + session],
  ['JSON.stringify', (session) => JSON.stringify({ session })],
  ['util.inspect', (session) => inspect(session)],
  [
    'util.inspect of all depths',
    (session) => inspect({ session }, { depth: Infinity, showHidden: true, getters: true }),
  ],
  [
    'util.inspect without custom printing',
    (session) => inspect(session, { customInspect: false, depth: 20, showHidden: true, getters: false }),
  ],
  ['util.format', (session) => format('%s %o %O %j', session, session, session, session)],
  ['Object.entries', (session) => JSON.stringify(Object.entries(session))],
  ['own property names', (session) => Reflect.ownKeys(session).map(String).join()],
  ['a spread', (session) => inspect({ ...session }, { depth: Infinity })],
  [
    'structuredClone',
    (session) => {
      try {
        return inspect(structuredClone(session))
      } catch (error) {
        return String(error)
      }
    },
  ],
]

describe('printing a session', () => {
  for (const [how, print] of prints) {
    test(`printing a session with ${how} shows no token, key, name of a value, value or user`, async () => {
      const { browser, secrets } = await begin()
      await browser.visit((session) => {
        session.get('name')
        assertSilent(print(session), secrets)
        session.set('name', 'secret-new')
        assertSilent(print(session), [...secrets, session.id])
        session.regenerateId()
        assertSilent(print(session), [...secrets, session.id, session.id.slice(32)])
      })
    })
  }

  test('printing a session shows the handle, whatever the state of the session', async () => {
    const { browser } = await begin()
    await browser.visit((session) => {
      const { handle } = session
      assert.equal(String(session), `Session ${handle}`)
      assert.equal(JSON.stringify(session), `{"handle":"${handle}"}`)
      assert.equal(inspect(session), `Session { handle: '${handle}' }`)
      session.destroy()
      for (const [, print] of prints) print(session)
    })
  })

  test('printing a session works when the store has failed', async () => {
    const { browser, store } = await begin()
    store.plan('read', 'refuse')
    const { session } = await browser.open()
    for (const [, print] of prints) print(session)
  })

  test('printing a session in a framework context shows nothing either', async () => {
    const { browser, secrets } = await begin()
    const { exchange } = await browser.open()
    const context = { url: '/' }
    exchange.bind(context)
    assertSilent(inspect(exchange, { depth: Infinity, showHidden: true }), secrets)
    assertSilent(inspect(context, { depth: Infinity, showHidden: true }), secrets)
  })

  test('or its manager shows nothing either', async () => {
    const { sessions, secrets, browser } = await begin()
    await browser.open()
    assertSilent(inspect(sessions, { depth: Infinity, showHidden: true }), secrets)
    assertSilent(JSON.stringify(sessions), secrets)
  })
})

async function catchError(act: () => unknown): Promise<Error> {
  try {
    await act()
  } catch (error) {
    return error as Error
  }
  return assert.fail('nothing was thrown')
}

describe('an error', () => {
  const scenes: readonly [string, (set: Awaited<ReturnType<typeof begin>>) => Promise<Error>][] = [
    [
      'of a read',
      async ({ browser, store }) => {
        store.plan('read', 'refuse')
        const { session } = await browser.open()
        return catchError(() => session.get('name'))
      },
    ],
    [
      'of a read that times out',
      async ({ browser, store, clock }) => {
        store.plan('read', 'hang')
        const opening = browser.open()
        clock.advance(2000)
        const { session } = await opening
        return catchError(() => session.get('name'))
      },
    ],
    [
      'of a commit',
      async ({ browser, store }) => {
        store.always('commit', 'refuse')
        return catchError(() => browser.visit((session) => session.set('name', 'secret-new')))
      },
    ],
    [
      'of a creation',
      async ({ sessions, store }) => {
        store.always('create', 'refuse')
        return catchError(() => new Browser(sessions).visit((session) => session.set('name', 'secret-new')))
      },
    ],
    [
      'of a logout',
      async ({ browser, store }) => {
        store.always('delete', 'refuse')
        return catchError(() => browser.visit((session) => session.logout()))
      },
    ],
    [
      'of damaged data',
      async ({ browser, store, clock }) => {
        rewrite(store.rows, clock, { data: '{"name":secret-value' })
        const { session } = await browser.open()
        return catchError(() => session.get('name'))
      },
    ],
    [
      'of an uncarriable value',
      async ({ browser }) => {
        const { session } = await browser.open()
        return catchError(() =>
          session.set('name', {
            list: [
              'secret-value',
              new (class Basket {
                owner = 'secret-value'
              })(),
            ],
          }),
        )
      },
    ],
    [
      'of an uncarriable map',
      async ({ browser }) => {
        const { session } = await browser.open()
        return catchError(() => session.set('name', new Map([['secret-key', Symbol('secret-value')]])))
      },
    ],
    [
      'of a value too large',
      async ({ browser }) => {
        const { session } = await browser.open()
        return catchError(() => session.set('name', 'secret-value'.repeat(10_000)))
      },
    ],
    [
      'of an edit in place',
      async ({ browser }) => {
        await browser.visit((session) => session.set('map', new Map([['secret-key', 'secret-value']])))
        const visit = await browser.open()
        ;(visit.session.get('map') as Map<string, string>).set('secret-other', 'secret-value')
        return catchError(() => visit.conclude())
      },
    ],
    [
      'of a bad user',
      async ({ browser }) => {
        const { session } = await browser.open()
        return catchError(() => session.login('secret-user'.repeat(50)))
      },
    ],
    [
      'of bad details',
      async ({ browser }) => {
        const { session } = await browser.open()
        return catchError(() => session.login('u', { details: 'secret-details'.repeat(500) }))
      },
    ],
    [
      'of a destroyed session',
      async ({ browser }) => {
        const { session } = await browser.open()
        session.destroy()
        return catchError(() => session.get('name'))
      },
    ],
    [
      'of a late login',
      async ({ browser }) => {
        const visit = await browser.open()
        await visit.conclude()
        return catchError(() => visit.session.login('secret-user'))
      },
    ],
  ]
  for (const [what, act] of scenes) {
    test(`${what} shows no token, key, value or user, nor does its stack`, async () => {
      const set = await begin()
      const error = await act(set)
      assertSilent(
        `${error.message} ${error.stack} ${inspect(error, { depth: Infinity })} ${JSON.stringify(error)}`,
        set.secrets,
      )
    })
  }
})

describe('a store', () => {
  test('a store never sees a token, a selector or a verifier', async () => {
    const seen: unknown[] = []
    const rows = memoryStore()
    const store = new Proxy(rows, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          seen.push(given)
          return (value as (...all: unknown[]) => unknown).apply(target, given)
        }
      },
    })
    const { sessions } = setUp({ store })
    const browser = new Browser(sessions)
    const tokens: string[] = []
    await browser.visit((session) => session.set('a', 1))
    tokens.push(browser.token)
    await browser.visit((session) => session.login('u_1'))
    tokens.push(browser.token)
    await browser.visit((session) => session.logout())
    const text = JSON.stringify(seen)
    assert.ok(seen.length >= 5)
    for (const token of tokens) {
      for (const secret of [token, token.slice(0, 32), token.slice(32)])
        assert.equal(text.includes(secret), false)
    }
  })

  test('a store is of no use to a thief: its keys, hashes and handles open nothing', async () => {
    const { browser, store, clock, sessions } = await begin()
    const { key, verifierHash, handle } = rowOf(store.rows, clock)
    const { token } = browser
    const guesses = [
      key,
      verifierHash,
      key.slice(0, 32) + verifierHash.slice(0, 32),
      `${handle}${'0'.repeat(40)}`,
    ]
    for (const guess of [
      ...guesses,
      token.slice(0, 32) + verifierHash.slice(0, 32),
      token.slice(32) + token.slice(0, 32),
    ]) {
      const thief = new Browser(sessions, `session_id=${guess}`)
      assert.deepEqual(await thief.see((session) => [session.isNew, session.userId]), [true, undefined])
    }
  })
})
