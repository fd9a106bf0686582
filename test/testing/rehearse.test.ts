import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import express from 'express'
import { getSession, session } from '../../src/express.ts'
import { createSessionManager } from '../../src/index.ts'
import type { Codec, Session, SessionOptions } from '../../src/index.ts'
import { RehearsalError, rehearse } from '../../src/testing.ts'
import { serve } from '../support/serve.ts'
import { openExchange } from '../core/harness.ts'

const secret = 'tell-nobody'

/** Runs `handle` in a rehearsed request whose session contains a cart and a date. */
async function visit(
  handle: (session: Session<Record<string, unknown>>) => unknown,
  options: SessionOptions = {},
): Promise<Session<Record<string, unknown>>> {
  const sessions = rehearse(createSessionManager<Record<string, unknown>>(options))
  const exchange = await openExchange(sessions, { cookie: undefined, secure: false })
  const { session } = exchange
  session.set('cart', ['coat'])
  session.set('since', new Date(0))
  await handle(session)
  await exchange.conclude({ status: 200 })
  return session
}

describe('a rehearsal detects', () => {
  let count = 0
  const outside: unknown[] = []
  const impure: Record<string, (session: Session<Record<string, unknown>>) => unknown> = {
    'a value from a counter outside': (session) => session.update('code', () => `${secret} ${(count += 1)}`),
    'a random value': (session) => session.update('code', () => `${secret} ${Math.random()}`),
    'an array outside that is edited': (session) =>
      session.update('code', () => {
        outside.push(secret)
        return outside
      }),
    'a value that is there only once': (session) => {
      const queue = [secret]
      session.update('code', () => queue.shift())
    },
    'a transaction that leaves another value': (session) =>
      session.transaction((values) => values.set('code', `${secret} ${(count += 1)}`)),
    'a transaction that removes what it left': (session) => {
      let isSecond = false
      return session.transaction((values) => {
        if (!isSecond) values.set('code', secret)
        isSecond = true
      })
    },
  }
  for (const [name, run] of Object.entries(impure)) {
    test(name, async () => {
      await assert.rejects(visit(run), (error) => {
        assert.ok(error instanceof RehearsalError)
        assert.deepEqual(error.names, ['code'])
        assert.match(error.message, /left another value .*\('code'\)/)
        assert.equal('cause' in error, false)
        assert.doesNotMatch(`${error.stack}`, /tell/)
        return true
      })
    })
  }

  const throwing: Record<string, (session: Session<Record<string, unknown>>, act: () => number) => unknown> =
    {
      'a function given to update': (session, act) => session.update('code', act),
      'a function given to transaction': (session, act) =>
        session.transaction((values) => values.set('code', act())),
      'a function given to transaction, after it has written': (session, act) =>
        session.transaction((values) => {
          values.set('code', secret)
          act()
        }),
    }
  for (const [name, run] of Object.entries(throwing)) {
    test(`a rehearsal detects ${name} that throws in the second run, naming what it had changed, with the error as cause`, async () => {
      const own = new Error(secret)
      let isSecond = false
      const act = (): number => {
        if (isSecond) throw own
        isSecond = true
        return 1
      }
      await assert.rejects(
        visit((session) => run(session, act)),
        (error) => {
          assert.ok(error instanceof RehearsalError)
          assert.deepEqual(error.names, ['code'])
          assert.match(error.message, /threw .*\('code'\)/)
          assert.equal(error.cause, own)
          assert.doesNotMatch(`${error.stack}`, /tell/)
          return true
        },
      )
    })
  }

  test('a rehearsal detects a transaction with a different result', async () => {
    const run = visit((session) =>
      session.transaction((values) => {
        values.set('code', 1)
        return `${secret} ${(count += 1)}`
      }),
    )
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof RehearsalError)
      assert.match(error.message, /returned something else .*\('code'\)/)
      assert.doesNotMatch(`${error.stack}`, /tell/)
      return true
    })
  })
})

describe('a rehearsal accepts', () => {
  test('a rehearsal accepts pure functions, which run twice and change the values once', async () => {
    let runs = 0
    const session = await visit(async (session) => {
      session.update('cart', (cart) => {
        runs += 1
        ;(cart as string[]).push('hat')
      })
      session.update('absent', () => {})
      session.update('since', (since) => void (since as Date).setFullYear(2030))
      const size = await session.transaction((values) => {
        runs += 1
        values.update('count', (value = 0) => Number(value) + 1)
        values.flash('notice', 'saved')
        return new Map([['items', (values.get('cart') as string[]).length]])
      })
      assert.deepEqual(size, new Map([['items', 2]]))
      assert.equal(await session.consume('count'), 1)
    })
    // Only a real conflict would run the transaction once more.
    assert.equal(runs, 4)
    assert.deepEqual(session.get('cart'), ['coat', 'hat'])
    assert.equal((session.get('since') as Date).getFullYear(), 2030)
    assert.equal(session.has('absent'), false)
    assert.deepEqual(session.takeFlash('notice'), ['saved'])
  })

  test('a rehearsal accepts a codec with several texts for one value', async () => {
    const salted: Codec = {
      encode: (value) => `${Math.random()} ${JSON.stringify(value)}`,
      decode: (text) => JSON.parse(text.slice(text.indexOf(' '))),
    }
    const session = await visit((session) => session.update('code', () => ({ a: 1 })), { codec: salted })
    assert.deepEqual(session.get('code'), { a: 1 })
  })

  test('a rehearsal accepts the function’s own exception, unchanged', async () => {
    const own = new Error('my own')
    const run = visit((session) => session.update('code', () => assert.fail(own)))
    await assert.rejects(run, own)
  })
})

describe('a rehearsed manager', () => {
  test('a rehearsed manager works under an adapter, where the application keeps its own manager', async (context) => {
    const sessions = createSessionManager<Record<string, unknown>>()
    const app = express()
      .set('env', 'test')
      .use(session(rehearse(sessions)))
    app.get('/pure', (request, response) => {
      assert.equal(sessions.get(request), getSession(request))
      sessions.get(request).update('count', (value = 0) => Number(value) + 1)
      response.send(String(sessions.get(request).get('count')))
    })
    app.get('/impure', (request) => sessions.get(request).update('count', () => Math.random()))
    app.use((error: Error, _request: IncomingMessage, response: ServerResponse, _next: unknown) => {
      response.statusCode = 500
      response.end(error.name)
    })
    const origin = await serve(context, app)
    assert.equal(await (await fetch(`${origin}/pure`)).text(), '1')
    assert.equal(await (await fetch(`${origin}/impure`)).text(), 'RehearsalError')
  })

  test('a rehearsed manager works in handle', async () => {
    const sessions = rehearse(createSessionManager<Record<string, unknown>>())
    const impure = sessions.handle(new Request('http://localhost/'), (_, session) => {
      session.update('code', () => Math.random())
      return new Response()
    })
    await assert.rejects(impure, RehearsalError)
  })
})

test('rehearse keeps what a manager was spread into, and wraps a session once', async () => {
  const sessions = createSessionManager<Record<string, unknown>>()
  const rehearsed = rehearse({ ...sessions, audit: () => 'audited' })
  assert.equal(rehearsed.audit(), 'audited')
  const request = { raw: {}, cookie: undefined, secure: false }
  let calls = 0
  for (const times of [1, 2]) {
    const { session: mine } = await openExchange(rehearsed, request)
    calls = 0
    mine.update('visits', () => {
      calls += 1
      return times
    })
    assert.equal(calls, 2)
  }
})
