import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import express from 'express'
import express4 from 'express4'
import { getSession, session } from '../../src/express.ts'
import { withSession } from '../../src/node.ts'
import type { NodeHandler, SaveErrorHandler } from '../../src/node.ts'
import { createSessionManager, memoryStore, SessionStoreError } from '../../src/index.ts'
import type { SessionError, SessionEvent } from '../../src/index.ts'
import { Browser } from '../../src/testing/browser.ts'
import { controlledStore } from '../core/controlled-store.ts'
import { serve } from '../support/serve.ts'

type Loose = Record<string, unknown>

describe('changes after the response', () => {
  test('changes after the response are saved even after it has closed', async (context) => {
    const sessions = createSessionManager<Loose>()
    const closed = Promise.withResolvers<void>()
    const origin = await serve(
      context,
      withSession((request, response) => {
        const mine = sessions.get(request)
        if (request.url === '/set') mine.set('step', 'first')
        if (request.url !== '/late') return response.end(String(mine.get('step')))
        response.end('answered')
        return once(response, 'close').then(() => {
          mine.set('step', 'after the close')
          closed.resolve()
        })
      }, sessions),
    )
    const browser = new Browser(origin)
    await browser.text('/set')
    await browser.text('/late')
    await closed.promise
    await new Promise((resolve) => void setImmediate(resolve))
    await sessions.close()
    assert.equal(await browser.text('/'), 'after the close')
  })

  test('changes after the response add only one listener to the response, however many they are', async (context) => {
    const sessions = createSessionManager<Loose>()
    const counts: number[] = []
    const origin = await serve(
      context,
      withSession((request, response) => {
        const mine = sessions.get(request)
        if (request.url === '/set') mine.set('step', 0)
        response.write('begun')
        if (request.url !== '/set') {
          for (let step = 1; step <= 20; step += 1) mine.set('step', step)
          counts.push(response.listenerCount('close'))
        }
        response.end()
      }, sessions),
    )
    const browser = new Browser(origin)
    await browser.text('/set')
    const before = counts.length
    await browser.text('/late')
    assert.ok((counts[before] ?? 99) <= 3, `${counts[before]} listeners`)
  })
})

test('the same manager twice on one request is one session, one row and one cookie', async (context) => {
  const store = memoryStore()
  const sessions = createSessionManager<Loose>({ store })
  const app = express()
  const router = express.Router()
  router.use(session(sessions))
  router.get('/', (request, response) => {
    sessions.get(request).set('inner', 2)
    response.send(String(getSession(request) === sessions.get(request)))
  })
  app.use(session(sessions), (request, _response, next) => {
    sessions.get(request).set('outer', 1)
    next()
  })
  app.use(router)
  const browser = new Browser(await serve(context, app))
  const response = await browser.request('/')
  assert.equal(await response.text(), 'true')
  assert.equal(response.headers.getSetCookie().length, 1)
  assert.equal(store.size, 1)
})

test('session without parentheses says what to write', async (context) => {
  const app = express()
  app.use(session as unknown as express.Handler)
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: unknown) => {
    response.status(500).send(String(error))
  })
  const response = await fetch(await serve(context, app))
  assert.match(await response.text(), /^TypeError: .*app\.use\(session\(\)\)/)
})

describe('the options of the adapter', () => {
  test('the options of the adapter are checked when the server starts', () => {
    for (const options of [{ onSaveEror: () => {} }, { onSaveError: 'x' }, null, 7]) {
      assert.throws(() => session({}, options as object), { code: 'ERR_SESSION_CONFIG' })
    }
    assert.throws(() => withSession(undefined as unknown as () => void), TypeError)
  })

  const failing = { ...memoryStore(), create: () => Promise.reject(new Error('the store is down')) }

  for (const [name, onSaveError, expected] of [
    [
      'an answer of its own',
      (_error: unknown, _request: unknown, response: express.Response) => response.status(503).end('sorry'),
      'sorry',
    ],
    ['an exception', () => assert.fail('in onSaveError'), 'The session may not have been saved.'],
    [
      'an answer that has only begun',
      (_error: unknown, _request: unknown, response: express.Response) => response.status(503).write('sorry'),
      'sorry',
    ],
    ['no answer', () => {}, 'The session may not have been saved.'],
    [
      'headers of an answer that never comes',
      (_error: unknown, _request: unknown, response: express.Response) =>
        void response.set({ 'Content-Length': '4', 'Set-Cookie': 'a=b' }),
      'The session may not have been saved.',
    ],
    ['a rejection', () => Promise.reject(new Error('no page')), 'The session may not have been saved.'],
    [
      'an answer that comes too late',
      async (_error: unknown, _request: unknown, response: express.Response) => {
        await Promise.resolve()
        response.status(200).end('sorry')
      },
      'The session may not have been saved.',
    ],
    [
      'an exception after its answer',
      (_error: unknown, _request: unknown, response: express.Response) => {
        response.status(503).end('sorry')
        assert.fail('in onSaveError')
      },
      'sorry',
    ],
  ] as const) {
    test(`onSaveError with ${name}: the client gets a 503`, async (context) => {
      const events: SessionEvent[] = []
      const print = context.mock.method(console, 'error', () => {})
      const app = express()
      app.use(session({ store: failing, onEvent: (event) => events.push(event) }, { onSaveError } as object))
      app.get('/', (request, response) => {
        getSession(request).set('theme', 'dark')
        response.send('a lie')
      })
      const response = await new Browser(await serve(context, app)).request('/')
      assert.equal(response.status, 503)
      assert.equal(response.headers.get('set-cookie'), null)
      assert.equal(await response.text(), expected)
      const hasEnded = name === 'an answer of its own' || name === 'an exception after its answer'
      assert.deepEqual(
        print.mock.calls.map(({ arguments: [line] }) => String(line).slice(0, 23)),
        hasEnded ? [] : ['coatcheck: onSaveError '],
      )
      assert.deepEqual(
        events.map(({ type }) => type),
        ['failed'],
      )
    })
  }
})

/** What a page may do that has not ended, or not alone, when its save fails. */
const unfinishedPages: Readonly<Record<string, (response: express.Response) => unknown>> = {
  writes: (response) => response.set('X-Page', 'yes').write('a lie'),
  'flushes its head': (response) => response.set('X-Page', 'yes').flushHeaders(),
  pipes: (response) => Readable.from(['a lie', ' and another']).pipe(response.set('X-Page', 'yes')),
  'has ended': (response) => response.set('X-Page', 'yes').send('a lie'),
}

describe('a save that fails on Express', () => {
  const failing = { ...memoryStore(), create: () => Promise.reject(new Error('the store is down')) }

  /** What the client gets of a page that changes its session, and how often the error handler was called. */
  async function ask(
    context: TestContext,
    answerError: (error: SessionError, response: express.Response) => unknown,
    page: (response: express.Response) => unknown = (response) => response.set('X-Page', 'yes').send('a lie'),
    create: typeof express = express,
  ) {
    const app = create()
    const print = context.mock.method(console, 'error', () => {})
    let calls = 0
    app.use(session({ store: failing, onEvent: () => {} }))
    app.get('/', (request, response) => {
      getSession(request).set('theme', 'dark')
      page(response as express.Response)
    })
    app.use((error: SessionError, _request: unknown, response: express.Response, _next: unknown) => {
      calls += 1
      answerError(error, response)
    })
    const response = await new Browser(await serve(context, app)).request('/')
    const lines = print.mock.calls.map(({ arguments: [line] }) => String(line).slice(0, 23))
    return { response, body: await response.text(), calls, lines }
  }

  for (const [name, create] of [
    ['Express 5', express],
    ['Express 4', express4],
  ] as const) {
    test(`a save that fails on Express goes to the error handlers of ${name}, without anything of the page`, async (context) => {
      const { response, body, calls, lines } = await ask(
        context,
        (error, answer) => answer.status(error.status).json({ code: error.code }),
        undefined,
        create,
      )
      assert.equal(response.status, 503)
      assert.equal(response.headers.get('x-page'), null)
      assert.equal(response.headers.get('set-cookie'), null)
      assert.deepEqual(JSON.parse(body), { code: 'ERR_SESSION_STORE' })
      assert.deepEqual([calls, lines], [1, []])
    })

    test(`a save that fails on Express is answered plainly where an error handler of ${name} takes its time`, async (context) => {
      const { response, body, calls, lines } = await ask(
        context,
        async (_error, answer) => {
          await new Promise((resolve) => void setTimeout(resolve, 5))
          answer.status(200).set('X-Late', 'yes').send('too late')
        },
        undefined,
        create,
      )
      assert.deepEqual([response.status, body], [503, 'The session may not have been saved.'])
      assert.equal(response.headers.get('x-late'), null)
      assert.deepEqual([calls, lines], [1, []])
      await new Promise((resolve) => void setTimeout(resolve, 20))
    })

    // finalhandler answers when the request has been read: its answer may come after ours, and must not end the process.
    for (const [what, page] of Object.entries(unfinishedPages)) {
      test(`a save that fails on Express ends no process where ${name} has no error handler and the page ${what}`, async (context) => {
        const app = create()
        context.mock.method(console, 'error', () => {})
        app.use(session({ store: failing, onEvent: () => {} }))
        app.use((request, response) => {
          getSession(request).set('theme', 'dark')
          page(response as express.Response)
        })
        const origin = await serve(context, app)
        const response = await fetch(origin, { method: 'POST', body: 'x'.repeat(100_000) })
        assert.equal(response.status, 503)
        assert.equal(response.headers.get('x-page'), null)
        assert.doesNotMatch(await response.text(), /a lie/)
        await new Promise((resolve) => void setTimeout(resolve, 20))
      })
    }
  }

  test('a save that fails on Express lets no second answer of the page out', async (context) => {
    const { response, body } = await ask(
      context,
      async (error, answer) => {
        await new Promise((resolve) => void setTimeout(resolve, 10))
        answer.status(error.status).send('too late')
      },
      (answer) => {
        answer.redirect('/next')
        setTimeout(() => answer.status(200).set('X-Page', 'yes').send('a lie'), 5)
      },
    )
    assert.deepEqual([response.status, body], [503, 'The session may not have been saved.'])
    assert.equal(response.headers.get('location'), null)
    assert.equal(response.headers.get('x-page'), null)
  })

  for (const thrown of [undefined, null, 'route', 'router']) {
    test(`a save that fails on Express with ${thrown} is an error for its error handlers all the same`, async (context) => {
      const app = express()
      const handlers = {
        onSaveError: (
          _error: unknown,
          _request: unknown,
          _response: unknown,
          next: (error: unknown) => void,
        ) => next(thrown),
      }
      app.use(session({ store: failing, onEvent: () => {} }, handlers))
      app.get('/', (request, response) => {
        getSession(request).set('theme', 'dark')
        response.send('a lie')
      })
      app.use((_request, response) => void response.send('a catch-all page'))
      app.use((error: Error, _request: unknown, response: express.Response, _next: unknown) => {
        response.status(500).send(String(error))
      })
      const response = await fetch(await serve(context, app))
      assert.deepEqual(
        [response.status, await response.text()],
        [500, 'Error: the session could not be saved'],
      )
    })
  }

  test('a save that fails on Express leaves the token that was saved before, and a page that is private', async (context) => {
    const store = controlledStore()
    const sessions = createSessionManager<Loose>({ store, onEvent: () => {} })
    const app = express()
    app.use(session(sessions))
    app.get('/in', (request, response) => {
      sessions.get(request).login('u_1')
      response.send('in')
    })
    app.get('/gone', async (request, response) => {
      const mine = sessions.get(request)
      mine.regenerateId()
      await mine.save()
      mine.set('when', new Date(0))
      ;(mine.get('when') as Date).setTime(5)
      response.send('a lie')
    })
    app.use((_error: unknown, request: express.Request, response: express.Response, _next: unknown) => {
      response.set('Cache-Control', 'public, max-age=60')
      response.status(500).send(`sorry, ${sessions.get(request).userId}`)
    })
    const browser = new Browser(await serve(context, app))
    await browser.request('/in')
    const response = await browser.request('/gone')
    assert.equal(await response.text(), 'sorry, u_1')
    assert.match(response.headers.get('cache-control') ?? '', /private/)
    assert.equal(response.headers.getSetCookie().length, 1)
    assert.equal((await browser.request('/in')).status, 200)
  })

  test('a save that fails on Express can be handed on by an onSaveError as well, after a look at it', async (context) => {
    const seen: unknown[] = []
    const app = express()
    app.use(
      session(
        { store: failing, onEvent: () => {} },
        {
          onSaveError(error, _request, _response, next) {
            seen.push(error)
            next(error)
            next(error)
          },
        },
      ),
    )
    app.get('/', (request, response) => {
      getSession(request).set('theme', 'dark')
      response.send('a lie')
    })
    let calls = 0
    for (let handlers = 0; handlers < 2; handlers += 1) {
      app.use((error: SessionError, _request: unknown, response: express.Response, _next: unknown) => {
        calls += 1
        assert.equal(error, seen[0])
        response.status(error.status).send('sorry')
      })
    }
    const response = await new Browser(await serve(context, app)).request('/')
    assert.deepEqual([response.status, await response.text(), calls], [503, 'sorry', 1])
  })
})

const passOn: SaveErrorHandler = (error, _request, _response, next) => next(error)

describe('withSession on bare node, when the store fails', () => {
  test('withSession answers plainly, and runs its handler once, where onSaveError passes the error on', async (context) => {
    const print = context.mock.method(console, 'error', () => {})
    const store = { ...memoryStore(), create: () => Promise.reject(new Error('the store is down')) }
    const sessions = createSessionManager<Loose>({ store, onEvent: () => {} })
    let calls = 0
    const handler: NodeHandler = (request, response) => {
      calls += 1
      sessions.get(request).set('order', calls)
      response.setHeader('Set-Cookie', 'order=1')
      response.end(`order placed ${calls}`)
    }
    const response = await fetch(
      await serve(context, withSession(handler, sessions, { onSaveError: passOn })),
    )
    assert.deepEqual([response.status, await response.text()], [503, 'The session may not have been saved.'])
    assert.deepEqual([calls, response.headers.getSetCookie(), print.mock.callCount()], [1, [], 0])
  })

  const failing = { ...memoryStore(), read: () => Promise.reject(new Error('the store is down')) }
  const visit = async (context: TestContext, handler: NodeHandler) => {
    const origin = await serve(context, withSession(handler, { store: failing, onEvent: () => {} }))
    return fetch(origin, { headers: { cookie: `session_id=${'a'.repeat(64)}` } })
  }

  test('withSession on bare node, when the store fails answers 503 with nothing of what the handler had announced', async (context) => {
    const response = await visit(context, (request, answer) => {
      answer.setHeader('Content-Length', 5)
      answer.setHeader('Content-Encoding', 'gzip')
      answer.setHeader('Set-Cookie', 'seen=1')
      answer.statusMessage = 'Fine'
      getSession(request).get('theme')
    })
    assert.deepEqual([response.status, response.statusText], [503, 'Service Unavailable'])
    assert.equal(await response.text(), 'The session is not available.')
    const { headers } = response
    assert.deepEqual(
      ['content-encoding', 'set-cookie', 'content-type', 'cache-control'].map((name) => headers.get(name)),
      [null, null, 'text/plain; charset=utf-8', 'no-store'],
    )
  })

  test('withSession on bare node, when the store fails leaves the error to node once the head has left', async (context) => {
    const store = {
      ...memoryStore(),
      read: () => {
        throw new Error('the store is down')
      },
    }
    const listener = withSession(
      (request, response) => {
        response.write('begun')
        getSession(request).get('theme')
      },
      { store, onEvent: () => {} },
    )
    let thrown: unknown
    const origin = await serve(context, async (request, response) => {
      try {
        await listener(request, response)
      } catch (error) {
        thrown = error
        response.end()
      }
    })
    const response = await fetch(origin, { headers: { cookie: `session_id=${'a'.repeat(64)}` } })
    assert.deepEqual([response.status, await response.text()], [200, 'begun'])
    assert.ok(thrown instanceof SessionStoreError)
  })
})

test('an error of the application whose status is none of a failure is answered with 500', async (context) => {
  const store = memoryStore()
  const sessions = createSessionManager<Loose>({ store, onEvent: () => {} })
  const entered = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const app = express()
  app.use(session(sessions))
  app.get('/set', (request, response) => {
    sessions.get(request).set('count', 'none')
    response.end()
  })
  app.get('/slow', async (request, response) => {
    sessions.get(request).update('count', (count) => {
      if (count === 'other') throw Object.assign(new Error('no number'), { status: 200 })
      return 1
    })
    entered.resolve()
    await goOn.promise
    response.end('a lie')
  })
  app.get('/other', (request, response) => {
    sessions.get(request).set('count', 'other')
    response.end()
  })
  const browser = new Browser(await serve(context, app))
  await browser.request('/set')
  const slow = browser.request('/slow')
  await entered.promise
  await browser.request('/other')
  goOn.resolve()
  assert.equal((await slow).status, 500)
})

describe('the path of a request', () => {
  test('the path of a request is that of its target, which may be absolute', async (context) => {
    const paths: string[] = []
    const skip = ({ path }: { path: string }): boolean => paths.push(path) > 0
    const origin = await serve(
      context,
      withSession((_request, response) => response.end(), createSessionManager({ skip })),
    )
    for (const path of [
      '/a?b',
      'http://shop.example/a?b',
      'http://shop.example:80/a/b',
      'http://shop.example',
      '*',
    ]) {
      const request = get(origin, { path })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      await once(response.resume(), 'end')
    }
    assert.deepEqual(paths, ['/a', '/a', '/a/b', '/', '*'])
  })
})
