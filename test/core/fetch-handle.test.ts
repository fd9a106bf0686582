import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withSession } from '../../src/fetch.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { getSession } from '../../src/manager/request/bindings.ts'
import type { FetchHandler } from '../../src/manager/session-manager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { increment, rowOf, second, setUp, settle } from './harness.ts'
import type { Loose, LooseSession } from './harness.ts'

function ask(
  cookie?: string,
  url: string = 'http://shop.example/cart?page=1',
  init: RequestInit = {},
): Request {
  return new Request(url, {
    ...init,
    headers: { ...init.headers, ...(cookie === undefined ? {} : { cookie }) },
  })
}

const change = (_request: Request, session: LooseSession): Response => {
  session.set('a', 1)
  return new Response('a lie', { headers: { 'x-page': 'yes' } })
}

const rethrow = (error: unknown): never => {
  throw error
}

function cookieOf(response: Response): string | undefined {
  return response.headers.getSetCookie()[0]?.split(';')[0]
}

const ok: FetchHandler<Loose> = () => new Response('ok')

describe('handle', () => {
  test('handle refuses what is no handler as withSession does, before any store call', async () => {
    const { sessions } = setUp()
    const error = { name: 'TypeError', message: 'handler must be a function, received undefined' }
    await assert.rejects(sessions.handle(ask(), undefined as never), error)
    assert.throws(() => withSession(undefined as never, sessions), error)
  })

  test('handle serves a request from open to conclude', async () => {
    const { sessions } = setUp()
    const first = await sessions.handle(ask(), (request, session) => {
      assert.equal(request.url, 'http://shop.example/cart?page=1')
      session.update('visits', increment)
      return new Response(`visit ${String(session.get('visits'))}`, { status: 201, headers: { 'x-a': 'b' } })
    })
    assert.equal(await first.text(), 'visit 1')
    assert.equal(first.status, 201)
    assert.equal(first.headers.get('x-a'), 'b')
    assert.equal(first.headers.get('cache-control'), 'private, no-store')
    assert.equal(first.headers.get('vary'), 'Cookie')
    const second = await sessions.handle(ask(cookieOf(first)), async (_, session) =>
      Response.json(session.get('visits')),
    )
    assert.equal(await second.json(), 1)
    assert.equal(cookieOf(second), undefined)
  })

  test('handle saves before it answers', async () => {
    const { sessions, store } = setUp()
    store.plan('create', 'hold')
    let response: Response | undefined
    const handling = sessions
      .handle(ask(), (_, session) => {
        session.set('a', 1)
        return new Response('ok')
      })
      .then((each) => (response = each))
    const held = await store.held('create')
    await settle()
    assert.equal(response, undefined)
    held.pass()
    await handling
    assert.equal(store.rows.size, 1)
  })

  test("handle leaves a response alone whose handler does not look: it is the handler's own", async () => {
    const { sessions } = setUp()
    const own = new Response('ok')
    assert.equal(await sessions.handle(ask(), () => own), own)
  })

  test("handle adds its cookie beside the handler's own", async () => {
    const { sessions } = setUp()
    const response = await sessions.handle(ask(), (_, session) => {
      session.set('a', 1)
      const headers = new Headers([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ])
      return new Response(null, { status: 204, headers })
    })
    assert.deepEqual(
      response.headers.getSetCookie().map((line) => line.split('=')[0]),
      ['a', 'b', 'session_id'],
    )
    assert.equal(response.status, 204)
  })

  for (const [vary, expected] of [
    [undefined, 'Cookie'],
    ['Accept', 'Accept, Cookie'],
    ['cookie', 'cookie'],
    ['Accept, Cookie', 'Accept, Cookie'],
    ['*', '*'],
    ['X-Cookie', 'X-Cookie, Cookie'],
  ] as const) {
    test(`handle makes Vary ${expected} of ${vary}`, async () => {
      const { sessions } = setUp()
      const response = await sessions.handle(ask(), (_, session) => {
        session.get('a')
        return new Response('ok', { headers: vary === undefined ? {} : { vary } })
      })
      assert.equal(response.headers.get('vary'), expected)
    })
  }

  test('handle overrules a public Cache-Control of a page for whoever sent a cookie', async () => {
    const { sessions } = setUp()
    const cookie = cookieOf(
      await sessions.handle(ask(), (_, session) => {
        session.set('a', 1)
        return new Response('ok')
      }),
    )
    const headers = { 'cache-control': 'public, max-age=60', 'cdn-cache-control': 'max-age=600' }
    const response = await sessions.handle(ask(cookie), (_, session) => {
      session.get('a')
      return new Response('ok', { headers })
    })
    assert.equal(response.headers.get('cache-control'), 'private, max-age=60')
    assert.equal(response.headers.get('cdn-cache-control'), null)
  })

  test('handle adds headers to a response whose headers cannot be changed', async () => {
    const { sessions } = setUp()
    const response = await sessions.handle(ask(), (_, session) => {
      session.login('u_1')
      return Response.redirect('http://shop.example/profile')
    })
    assert.equal(response.status, 302)
    assert.equal(response.headers.get('location'), 'http://shop.example/profile')
    assert.ok(cookieOf(response))
  })

  test('handle is Secure for https', async () => {
    const { sessions } = setUp()
    const response = await sessions.handle(ask(undefined, 'https://shop.example/'), (_, session) => {
      session.login('u_1')
      return new Response('ok')
    })
    assert.match(response.headers.getSetCookie()[0] ?? '', /; Secure/)
  })

  test('handle throws what the handler throws, and keeps a logout', async () => {
    const { sessions, store, browser } = setUp()
    await browser.visit((session) => session.login('u_1'))
    const handling = sessions.handle(ask(browser.cookie), (_, session) => {
      session.logout()
      throw new Error('a bug')
    })
    await assert.rejects(handling, /^Error: a bug$/)
    assert.equal(store.rows.size, 0)
  })

  test('handle throws what the handler throws, and drops its changes', async () => {
    const { sessions, store, clock, browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const row = rowOf(store.rows, clock)
    const handling = sessions.handle(ask(browser.cookie), async (_, session) => {
      session.set('a', 2)
      throw new Error('a bug')
    })
    await assert.rejects(handling, /^Error: a bug$/)
    assert.equal(rowOf(store.rows, clock), row)
  })

  test('handle throws what the handler throws, even when the store fails beside', async () => {
    const { sessions, store, browser } = setUp()
    await browser.visit((session) => session.login('u_1'))
    store.always('delete', 'refuse')
    const handling = sessions.handle(ask(browser.cookie), (_, session) => {
      session.logout()
      throw new Error('a bug')
    })
    await assert.rejects(handling, /^Error: a bug$/)
  })

  test('handle drops the changes of a handler that answers 500, and sends its answer', async () => {
    const { sessions, store } = setUp()
    const response = await sessions.handle(ask(), (_, session) => {
      session.set('a', 1)
      return new Response('broken', { status: 500 })
    })
    assert.deepEqual([response.status, await response.text(), cookieOf(response)], [500, 'broken', undefined])
    assert.equal(store.count(), 0)
  })

  test('handle lets onSaveError answer, or hand the error to the caller, when the session cannot be saved', async () => {
    const { store, sessions } = setUp()
    store.always('create', 'refuse')
    const answered = await sessions.handle(ask(), change, {
      onSaveError: (error, { url }) =>
        new Response(`sorry, ${url}`, { status: (error as { status: number }).status }),
    })
    assert.deepEqual(
      [answered.status, await answered.text()],
      [503, 'sorry, http://shop.example/cart?page=1'],
    )
    assert.equal(answered.headers.get('x-page'), null)
    await assert.rejects(sessions.handle(ask(), change, { onSaveError: rethrow }), {
      code: 'ERR_SESSION_STORE',
    })
    await assert.rejects(
      sessions.handle(ask(), change, { onSaveError: 5 } as never),
      /handle\.onSaveError: received 5; allowed is a function/,
    )
    assert.throws(
      () => withSession(change, sessions, { onSavError: rethrow } as never),
      /onSavError: unknown option. Allowed are onSaveError/,
    )
  })

  test("handle answers 503, without the handler's headers and body, when the session cannot be saved", async () => {
    const { sessions, store, browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.always('commit', 'refuse')
    const response = await sessions.handle(ask(browser.cookie), (_, session) => {
      session.set('a', 'secret')
      return new Response('secret', { headers: { 'x-secret': 'a', 'set-cookie': 'a=1' } })
    })
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('x-secret'), null)
    assert.deepEqual(response.headers.getSetCookie(), [])
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.doesNotMatch(await response.text(), /secret/)
  })

  test("handle throws a store error of the session's first use like the handler's own", async () => {
    const { sessions, store, browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.always('read', 'refuse')
    const handling = sessions.handle(
      ask(browser.cookie),
      (_, session) => new Response(String(session.userId)),
    )
    await assert.rejects(handling, { code: 'ERR_SESSION_STORE', status: 503 })
    assert.equal((await sessions.handle(ask(browser.cookie), ok)).status, 200)
  })

  test('handle lets nobody take a bug of the application for trouble with saving', async () => {
    const { sessions, browser } = setUp()
    await browser.visit((session) => session.set('when', new Date(5)))
    const handling = sessions.handle(ask(browser.cookie), (_, session) => {
      ;(session.get('when') as Date).setTime(6)
      return new Response('ok')
    })
    await assert.rejects(handling, /'when'/)
  })

  test('handle throws a TypeError when the handler gives no response, and saves nothing', async () => {
    const { sessions, store } = setUp()
    const nothing = ((_: Request, session: { set(name: string, value: unknown): void }) => {
      session.set('a', 1)
    }) as unknown as FetchHandler<Loose>
    await assert.rejects(sessions.handle(ask(), nothing), TypeError)
    assert.equal(store.count(), 0)
  })

  test('handle lets a response that cannot be wrapped through as it is, or says why not', async () => {
    const { sessions } = setUp()
    const response = await sessions.handle(ask(), (_, session) => {
      session.get('a')
      return Response.error()
    })
    assert.equal(response.type, 'error')
  })

  test('handle binds the session to the request', async () => {
    const { sessions } = setUp()
    await sessions.handle(ask(), (request, session) => {
      assert.equal(sessions.get(request), session)
      assert.equal(getSession(request), session)
      return new Response('ok')
    })
  })

  test('handle leaves what skip exempts alone: no store call, no cookie, and a session that says why', async () => {
    const asked: unknown[] = []
    const { sessions, store } = setUp({ eager: true, skip: (question) => asked.push(question) > 0 })
    const request = ask(`session_id=${'a'.repeat(64)}`, 'http://shop.example/a/b.css?v=1', { method: 'POST' })
    const response = await sessions.handle(request, (_, session) => {
      assert.throws(() => session.get('a'), { code: 'ERR_SESSION_STATE' })
      assert.throws(() => getSession(request), { code: 'ERR_SESSION_STATE' })
      return new Response('ok')
    })
    assert.deepEqual(asked, [{ method: 'POST', path: '/a/b.css' }])
    assert.deepEqual([...response.headers.keys()], ['content-type'])
    assert.equal(store.count(), 0)
  })

  test('handle saves what a streaming body changes', async () => {
    const { sessions, browser, elsewhere } = setUp()
    await browser.visit((session) => session.set('count', 0))
    const response = await sessions.handle(ask(browser.cookie), (_, session) => {
      let chunks = 0
      const body = new ReadableStream({
        pull(controller) {
          session.update('count', increment)
          controller.enqueue(new Uint8Array([65]))
          chunks += 1
          if (chunks === 3) controller.close()
        },
      })
      return new Response(body)
    })
    assert.equal(await response.text(), 'AAA')
    await sessions.close()
    await new Promise((resolve) => setTimeout(resolve, 5))
    await sessions.close()
    assert.equal(await elsewhere().see((session) => session.get('count')), 3)
  })

  test('handle answers within timeout when the store hangs', async () => {
    const { sessions, store, clock, browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    store.always('commit', 'hang')
    const handling = sessions.handle(ask(browser.cookie), (_, session) => {
      session.set('a', 2)
      return new Response('ok')
    })
    await settle()
    clock.advance(2 * second)
    assert.equal((await handling).status, 503)
  })

  test('handle reads the cookie that a browser sends among others', async () => {
    const { sessions, browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const response = await sessions.handle(ask(`x=1; ${browser.cookie}; y=2`), (_, session) =>
      Response.json(session.get('a')),
    )
    assert.equal(await response.json(), 1)
  })
})

describe('a handler that throws a Response', () => {
  test('a handler that throws a Response has answered with it: a redirect keeps a login, and carries its cookie', async () => {
    const sessions = createSessionManager()
    const thrown = await sessions
      .handle(new Request('https://shop.example/login'), (_request, session) => {
        session.login('u_1')
        throw Response.redirect('https://shop.example/account')
      })
      .catch((error: unknown) => error)
    assert.ok(thrown instanceof Response)
    assert.equal(thrown.status, 302)
    const cookie = thrown.headers.get('set-cookie')?.split(';')[0] ?? ''
    const user = await sessions.handle(
      new Request('https://shop.example/', { headers: { cookie } }),
      (_request, session) => new Response(session.userId),
    )
    assert.equal(await user.text(), 'u_1')
  })

  test('a handler that throws a Response of status 500 drops the changes', async () => {
    const store = memoryStore()
    const sessions = createSessionManager({ store, onEvent: () => {} })
    await assert.rejects(
      sessions.handle(new Request('https://shop.example/'), (_request, session) => {
        session.login('u_1')
        throw new Response('broken', { status: 500 })
      }),
      (error) => error instanceof Response && error.headers.get('set-cookie') === null,
    )
    assert.equal(store.size, 0)
  })
})
