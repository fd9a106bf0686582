import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Hono } from 'hono'
import { getSession, withSession } from '../../src/fetch.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { Session } from '../../src/session/session.ts'

const request = (): Request => new Request('http://shop.test/cart')
const env = { SECRET: 'abc' }
const ctx = { waitUntil(): void {} }

describe('what a platform passes beside the request', () => {
  test('what a platform passes beside the request follows the session, in its order and number', async () => {
    const received: unknown[][] = []
    const serve = withSession((same: Request, session: Session, ...platform: unknown[]) => {
      received.push([session.isNew, same.url, ...platform])
      return new Response('ok')
    })
    for (const platform of [
      [],
      [env, ctx],
      [{ requestIP: () => '::1' }],
      [{ remoteAddr: 1 }, undefined, 3],
    ]) {
      received.length = 0
      await serve(request(), ...platform)
      assert.deepEqual(received, [[true, 'http://shop.test/cart', ...platform]])
    }
  })

  test('what a platform passes beside the request is typed by what the handler declares', async () => {
    const serve = withSession(
      async (_: Request, session: Session, binding: { SECRET: string }, context: typeof ctx) => {
        context.waitUntil()
        return new Response(`${binding.SECRET} ${String(session.userId)}`)
      },
    )
    assert.equal(await (await serve(request(), env, ctx)).text(), 'abc undefined')
    // @ts-expect-error -- the handler needs a binding and a context
    await assert.rejects(serve(request()), TypeError)
  })

  test('what a platform passes beside the request takes the place of a session that the handler does not declare', async () => {
    const sessions = createSessionManager<{ visits: number }>()
    const seen: unknown[] = []
    const gather = withSession((...all: unknown[]) => {
      seen.push(all.length, all[1])
      sessions.get(all[0] as Request).update('visits', (visits = 0) => visits + 1)
      return new Response('ok')
    }, sessions)
    const response = await gather(request(), env)
    assert.deepEqual(seen, [2, env])
    assert.match(response.headers.getSetCookie()[0] ?? '', /^session_id=/)
    const plain = withSession((same) => new Response(getSession(same).handle))
    assert.equal((await plain(request())).status, 200)
  })

  test('what a platform passes beside the request is the environment of a Hono application, whose requests have sessions', async () => {
    const sessions = createSessionManager<{ visits: number }>()
    const app = new Hono<{ Bindings: typeof env }>()
    app.get('/cart', (context) => {
      const session = sessions.get(context.req.raw)
      session.update('visits', (visits = 0) => visits + 1)
      return context.text(`${context.env.SECRET} ${session.get('visits')}`)
    })
    const serve = withSession(app.fetch, sessions)
    const response = await serve(request(), env)
    assert.equal(await response.text(), 'abc 1')
    assert.match(response.headers.getSetCookie()[0] ?? '', /^session_id=/)
  })

  test('a handler that is none is named', () => {
    const swapped = [createSessionManager(), () => new Response('ok')] as unknown as Parameters<
      typeof withSession
    >
    const message = 'handler must be a function, received object'
    assert.throws(() => withSession(...swapped), { name: 'TypeError', message })
    for (const handler of [undefined, 'x', {}]) {
      assert.throws(() => withSession(handler as never), {
        name: 'TypeError',
        message: /^handler must be a function/,
      })
    }
  })
})
