import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { currentSession } from '../../src/context.ts'
import { SessionStateError } from '../../src/contract/errors.ts'
import { getSession } from '../../src/manager/request/bindings.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { setUp } from './harness.ts'

describe('a binding', () => {
  test('gives the session of a request, by its manager and by getSession', async () => {
    const { sessions, browser } = setUp()
    const { session } = await browser.open()
    const context = {}
    sessions.bind(context, session)
    assert.equal(sessions.get(context), session)
    assert.equal(getSession(context), session)
  })

  test('of two managers on one request is told apart by the manager, and getSession says so', async () => {
    const [shop, admin] = [setUp(), setUp({ cookie: { name: 'admin' } })]
    const sessions = [(await shop.browser.open()).session, (await admin.browser.open()).session] as const
    const context = {}
    shop.sessions.bind(context, sessions[0])
    admin.sessions.bind(context, sessions[1])
    assert.equal(shop.sessions.get(context), sessions[0])
    assert.equal(admin.sessions.get(context), sessions[1])
    assert.throws(
      () => getSession(context),
      (error: unknown) =>
        error instanceof SessionStateError && /two session managers.*sessions\.get/.test(error.message),
    )
  })

  test('that is missing is an error that says what to add', () => {
    const { sessions } = setUp()
    for (const context of [{}, Object.create(null) as object]) {
      assert.throws(() => getSession(context), /SessionStateError.*add the middleware/)
      assert.throws(() => sessions.get(context), /SessionStateError.*middleware/)
    }
  })

  test('that is asked for without a context is the same error', () => {
    const { sessions } = setUp()
    for (const context of [undefined, null] as unknown as object[]) {
      assert.throws(() => getSession(context), SessionStateError)
      assert.throws(() => sessions.get(context), SessionStateError)
    }
  })

  test('is no property that anybody lists', async () => {
    const { sessions, browser } = setUp()
    const context = { method: 'GET' }
    sessions.bind(context, (await browser.open()).session)
    assert.deepEqual(Object.keys(context), ['method'])
    assert.equal(JSON.stringify(context), '{"method":"GET"}')
    assert.doesNotMatch(inspect(context), /coatcheck|Session/)
  })

  test('is not shared by requests that are made alike', async () => {
    const { sessions, browser } = setUp()
    const first = {}
    const other = {}
    sessions.bind(first, (await browser.open()).session)
    assert.throws(() => sessions.get(other), SessionStateError)
  })
})

describe('commit and bind', () => {
  test('take sessions that a manager made, and nothing else', async () => {
    const { sessions } = setUp()
    for (const fake of [{}, null, undefined, 'x', { id: 'a' }]) {
      assert.throws(() => sessions.commit(fake as never, { status: 200 }), TypeError)
    }
  })
})

describe('currentSession', () => {
  test('gives the session of the request that is handled, in all it starts', async () => {
    const { sessions, browser } = setUp({ context: true })
    const visits = [await browser.open(), await browser.open()]
    await Promise.all(
      visits.map(({ session }) =>
        sessions.run(session, async () => {
          assert.equal(currentSession(), session)
          await new Promise((resolve) => setImmediate(resolve))
          assert.equal(currentSession(), session)
        }),
      ),
    )
    assert.throws(() => currentSession(), SessionStateError)
  })

  test('without the option says which one is missing', async () => {
    const { sessions, browser } = setUp()
    const { session } = await browser.open()
    sessions.run(session, () => assert.throws(() => currentSession(), /SessionStateError.*context: true/))
  })

  test('works in handle', async () => {
    const sessions = createSessionManager({ context: true })
    await sessions.handle(new Request('http://shop.example/'), async (_, session) => {
      await Promise.resolve()
      assert.equal(currentSession(), session)
      return new Response('ok')
    })
    await sessions.close()
  })

  test('passes on what the handler returns and throws', async () => {
    const { sessions, browser } = setUp({ context: true })
    const { session } = await browser.open()
    assert.equal(
      sessions.run(session, () => 5),
      5,
    )
    assert.throws(
      () =>
        sessions.run(session, () => {
          throw new Error('no')
        }),
      /^Error: no$/,
    )
  })
})

describe('skips', () => {
  test('asks the option with method and path', () => {
    const { sessions } = setUp({
      skip: ({ method, path }) => method === 'GET' && path.startsWith('/assets/'),
    })
    assert.equal(sessions.skips({ method: 'GET', path: '/assets/a.css' }), true)
    assert.equal(sessions.skips({ method: 'POST', path: '/assets/a.css' }), false)
    assert.equal(setUp().sessions.skips({ method: 'GET', path: '/' }), false)
  })
})
