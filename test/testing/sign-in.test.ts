import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionStoreError, createSessionManager, memoryStore } from '../../src/index.ts'
import type { SessionManager, SessionOptions } from '../../src/index.ts'
import { fakeClock, signIn } from '../../src/testing.ts'
import { openExchange } from '../core/harness.ts'
import { wrapExchanges } from '../../src/testing/wrap-exchanges.ts'

interface Data {
  theme: 'light' | 'dark'
  since?: Date
}

async function whoHas(sessions: SessionManager<Data>, cookie: string): Promise<unknown[]> {
  const exchange = await openExchange(sessions, { cookie, secure: true })
  const { session } = exchange
  return [session.userId, session.entries()]
}

const settings: Readonly<Record<string, SessionOptions>> = {
  'the defaults': {},
  'a Secure cookie': { cookie: { name: '__Host-session', secure: true } },
  'eager sessions': { eager: true },
  'skipped requests': { skip: () => true },
}
for (const [name, options] of Object.entries(settings)) {
  test(`signIn creates a session that a request opens, with ${name}`, async () => {
    const store = memoryStore()
    const sessions = createSessionManager<Data>({ ...options, store })
    const cookie = await signIn(sessions, 'u_1', { theme: 'dark', since: new Date(5) })
    assert.match(cookie, /^[\w-]+=[0-9a-f]{64}$/)
    const expected = [
      ['theme', 'dark'],
      ['since', new Date(5)],
    ]
    assert.deepEqual(await whoHas(sessions, cookie), ['u_1', expected])
    assert.equal(store.size, 1)
  })
}

test('signIn treats undefined values as set does', async () => {
  const sessions = createSessionManager<Record<string, unknown>>()
  const cookie = await signIn(sessions, 'u_1', { theme: undefined, size: null })
  const exchange = await openExchange(sessions, { cookie, secure: true })
  const { session } = exchange
  assert.deepEqual(session.entries(), [
    ['theme', undefined],
    ['size', null],
  ])
  assert.equal(session.has('theme'), true)
})

test('signIn rejects when the manager sends no cookie', async () => {
  const sessions = createSessionManager<Data>()
  const silent = wrapExchanges(sessions, (exchange) => ({
    conclude: async () => Object.assign(await exchange.conclude(), { cookies: [] }),
  }))
  await assert.rejects(signIn(silent, 'u_1'), /^Error: signIn: the manager has saved no session/)
})

test('signIn creates separate sessions, for several users and for one', async () => {
  const sessions = createSessionManager<Data>()
  const cookies = [
    await signIn(sessions, 'u_1', { theme: 'dark' }),
    await signIn(sessions, 'u_2'),
    await signIn(sessions, 'u_1'),
  ]
  assert.equal(new Set(cookies).size, 3)
  const seen = await Promise.all(cookies.map((cookie) => whoHas(sessions, cookie)))
  assert.deepEqual(seen, [
    ['u_1', [['theme', 'dark']]],
    ['u_2', []],
    ['u_1', []],
  ])
})

test('signIn uses the manager’s clock', async () => {
  const clock = fakeClock()
  const sessions = createSessionManager<Data>({ clock, idleTimeout: '30m' })
  const cookie = await signIn(sessions, 'u_1')
  clock.advance(30 * 60 - 0.001)
  assert.deepEqual(await whoHas(sessions, cookie), ['u_1', []])
  clock.advance('30m')
  assert.deepEqual(await whoHas(sessions, cookie), [undefined, []])
})

test('signIn refuses what a session refuses, and rejects when the store fails', async () => {
  const sessions = createSessionManager<Data>()
  await assert.rejects(signIn(sessions, ''), TypeError)
  // @ts-expect-error the data are typed
  await assert.rejects(signIn(sessions, 'u_1', { theme: () => 'dark' }), TypeError)
  // @ts-expect-error no such name
  await signIn(sessions, 'u_1', { colour: 'dark' })
  const broken = { ...memoryStore(), create: () => Promise.reject(new Error('down')) }
  const failing = createSessionManager<Data>({ store: broken, onEvent: () => {} })
  await assert.rejects(signIn(failing, 'u_1'), SessionStoreError)
})

test('a first argument that is no session manager is named', async () => {
  for (const wrong of ['u_1', undefined, {}]) {
    await assert.rejects(signIn(wrong as never, 'u_1'), /^TypeError: signIn: .*session manager/)
  }
})
