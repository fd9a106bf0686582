import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import express from 'express'
import { session as expressSession } from '../../src/express.ts'
import { getSession, session as connectSession, withSession } from '../../src/node.ts'
import type { UserIndex } from '../../src/contract/capabilities.ts'
import { SessionStateError, SessionTooLargeError } from '../../src/contract/errors.ts'
import { hashOwner } from '../../src/id/hash.ts'
import type { SessionStore } from '../../src/contract/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { Routes } from '../../src/testing.ts'
import { Browser, rowsOf, setUp, settle, typesOf } from '../core/harness.ts'
import type { LooseSession } from '../core/harness.ts'
import { exchange } from '../support/exchange.ts'
import { adapters } from '../support/adapters.ts'
import { serve } from '../support/serve.ts'
import { makeFolder } from './inert-keys.ts'

/** What the call throws, as far as a client may know it. */
function describeFailure(call: () => unknown): string {
  try {
    call()
    return 'nothing'
  } catch (error) {
    assert.ok(error instanceof SessionStateError, String(error))
    return error.message
  }
}

const sessionOf = (context: object): LooseSession => getSession(context)

const routes: Routes = {
  '/destroy-then-set': (context, reply) => {
    const session = sessionOf(context)
    session.destroy()
    reply.send(describeFailure(() => session.set('a', 1)))
  },
  '/login-twice': (context, reply) => {
    const session = sessionOf(context)
    session.login('anna')
    session.set('of', 'anna')
    session.login('bert')
    reply.send('done')
  },
  '/look': (context, reply) => {
    const session = sessionOf(context)
    reply.send(JSON.stringify([session.userId, session.entries()]))
  },
}

for (const [name, adapter] of Object.entries(adapters)) {
  describe(`calls in an order nobody expects, on ${name}`, () => {
    test('row 64: a set after destroy throws, and the session stays destroyed', async (context) => {
      const { sessions, store, browser } = setUp()
      await browser.visit((session) => session.login('anna'))
      const { origin, close } = await adapter.start([sessions], routes)
      context.after(() => close())
      const response = await fetch(`${origin}/destroy-then-set`, {
        headers: { cookie: browser.cookie ?? '' },
      })
      assert.equal(await response.text(), 'the session was destroyed in this request')
      assert.match(response.headers.getSetCookie().join(), /^session_id=; Max-Age=0/)
      assert.equal(store.rows.size, 0)
    })

    test('row 64: the second of two logins counts, one session and one cookie come of it', async (context) => {
      const { sessions, store, clock } = setUp()
      const { origin, close } = await adapter.start([sessions], routes)
      context.after(() => close())
      const response = await fetch(`${origin}/login-twice`)
      assert.equal(await response.text(), 'done')
      const [line = '', ...others] = response.headers.getSetCookie()
      assert.deepEqual(others, [])
      assert.deepEqual(
        rowsOf(store.rows, clock).map(({ userId }) => userId),
        ['bert'],
      )
      const look = await fetch(`${origin}/look`, { headers: { cookie: line.split(';')[0] ?? '' } })
      assert.equal(await look.text(), '["bert",[]]')
    })
  })
}

describe('calls in an order nobody expects', () => {
  test('row 64: what needs a cookie throws once the head has left; changes and logouts of a stored session are saved', async (context) => {
    const { sessions, store, clock, browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const answers: string[] = []
    const origin = await serve(
      context,
      withSession((request, response) => {
        const session = sessions.get(request)
        response.write('begun')
        for (const call of [() => session.regenerateId(), () => session.login('anna')])
          answers.push(describeFailure(call))
        if (request.url === '/leave') session.logout()
        else if (request.headers.cookie) session.set('a', 2)
        else answers.push(describeFailure(() => session.set('a', 2)))
        response.end()
      }, sessions),
    )
    const lines = `Host: a\r\nConnection: close\r\nCookie: ${browser.cookie}\r\n\r\n`
    await exchange(origin, `GET / HTTP/1.1\r\n${lines}`)
    await settle()
    assert.equal(await browser.see((session) => session.get('a')), 2)
    await exchange(origin, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    const needs = ['regenerateId', 'login'].map(
      (call) =>
        `${call}() needs to send a cookie, and the response has started: call it before the first byte`,
    )
    assert.deepEqual(answers.slice(0, 4), [...needs, ...needs])
    assert.match(answers[4] ?? '', /^the response has started, so a new session can no longer get its cookie/)
    assert.deepEqual(rowsOf(store.rows, clock).length, 1)
    // A logout takes effect; only the dead cookie stays where it is.
    const { setCookies } = await exchange(origin, `GET /leave HTTP/1.1\r\n${lines}`)
    await settle()
    assert.deepEqual(setCookies, [])
    assert.deepEqual(rowsOf(store.rows, clock), [])
  })

  test('row 64: a change after the response has ended is saved, or throws when it begins a session', async (context) => {
    const { sessions, store, browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const used: LooseSession[] = []
    const closed: Promise<unknown>[] = []
    const origin = await serve(
      context,
      withSession((request, response) => {
        used.push(sessions.get(request))
        closed.push(new Promise((resolve) => response.once('close', resolve)))
        response.end('done')
      }, sessions),
    )
    await exchange(
      origin,
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: ${browser.cookie}\r\n\r\n`,
    )
    await exchange(origin, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await Promise.all(closed)
    const [known, fresh] = used as [LooseSession, LooseSession]
    known.set('a', 2)
    assert.match(
      describeFailure(() => fresh.set('a', 2)),
      /^the response has started/,
    )
    await settle()
    assert.equal(await browser.see((session) => session.get('a')), 2)
    assert.equal(store.rows.size, 1)
  })

  test('row 64: one middleware twice is one session; two managers are told apart or throw', async (context) => {
    const [shop, admin] = [setUp(), setUp({ cookie: { name: 'admin_id' } })]
    const app = express()
    app.set('env', 'test')
    app.use(expressSession(shop.sessions), expressSession(shop.sessions))
    app.get(
      '/one',
      (request, response) =>
        void response.send(describeFailure(() => getSession(request).set('a' as never, 1))),
    )
    app.use(expressSession(admin.sessions))
    app.get('/two', (request, response) => {
      const failure = describeFailure(() => getSession(request))
      shop.sessions.get(request).set('a', 1)
      admin.sessions.get(request).set('b', 2)
      response.send(failure)
    })
    const origin = await serve(context, app)
    const one = await fetch(`${origin}/one`)
    assert.equal(await one.text(), 'nothing')
    assert.equal(one.headers.getSetCookie().length, 1)
    assert.equal(shop.store.rows.size, 1)
    const two = await fetch(`${origin}/two`)
    assert.match(await two.text(), /^two session managers serve this request/)
    assert.deepEqual(
      two.headers
        .getSetCookie()
        .map((line) => line.split('=')[0])
        .toSorted(),
      ['admin_id', 'session_id'],
    )
    const none = await serve(
      context,
      (request, response) => void response.end(describeFailure(() => getSession(request))),
    )
    assert.match(await (await fetch(none)).text(), /^no session on this request/)
    const foreign = connectSession(shop.sessions)
    const other = await serve(context, (request, response) =>
      foreign(request, response, () => void response.end(describeFailure(() => admin.sessions.get(request)))),
    )
    assert.match(await (await fetch(other)).text(), /^this session manager does not serve this request/)
  })
})

describe('a value or name that is too much', () => {
  test('row 65: a value of 1 MB and the name after the last that fits throw, and what was there stays', async () => {
    const { browser, store } = setUp()
    await browser.visit((session) => session.set('a', 1))
    await browser.visit((session) => {
      assert.throws(() => session.set('b', 'x'.repeat(1_000_000)), SessionTooLargeError)
      assert.throws(() => session.update('a', () => ['x'.repeat(1_000_000)]), SessionTooLargeError)
      assert.throws(() => session.flash('info', 'x'.repeat(1_000_000)), SessionTooLargeError)
      assert.throws(() => {
        for (let index = 0; index < 10_000; index += 1) session.set(`key ${index}`, index)
      }, SessionTooLargeError)
    })
    const keys = await browser.see((session) => session.keys())
    assert.equal(await browser.see((session) => session.get('a')), 1)
    assert.ok(keys.length > 2000 && keys.length < 10_000)
    assert.deepEqual(keys.slice(0, 3), ['a', 'key 0', 'key 1'])
    assert.equal(store.rows.size, 1)
  })

  test('row 65: a name of 1 MB, with NUL or of no text throws; an emoji is a name', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      for (const name of [
        'x'.repeat(1_000_000),
        'x'.repeat(257),
        'a\0b',
        '\0',
        '',
        '\ud83d',
        5,
        null,
        undefined,
        {},
        ['a'],
      ] as string[]) {
        for (const call of [
          () => session.set(name, 1),
          () => session.get(name),
          () => session.flash(name, 'x'),
          () => session.update(name, () => 1),
          () => session.take(name),
        ]) {
          assert.throws(call, TypeError)
        }
      }
      session.set('🎟️', '🧥')
      session.set('x'.repeat(256), 1)
    })
    assert.equal(await browser.see((session) => session.get('🎟️')), '🧥')
  })
})

describe('a user id', () => {
  test('row 66: must be 1 to 256 characters of text without NUL', async () => {
    const { browser, store, events } = setUp()
    const refused = [
      '',
      0,
      5,
      null,
      undefined,
      true,
      {},
      { toString: () => 'anna' },
      ['anna'],
      Symbol('anna'),
      Object('anna'),
      'x'.repeat(257),
      'x'.repeat(1_000_000),
      'a\0',
      '\udfff',
    ]
    const headers = await browser.visit((session) => {
      for (const userId of refused as string[]) assert.throws(() => session.login(userId), TypeError)
      assert.equal(session.userId, undefined)
    })
    assert.equal(headers.setCookie, undefined)
    assert.equal(store.count(), 0)
    assert.deepEqual(typesOf(events), [])
  })

  test('row 66: that looks like a key of an index finds its own sessions and no others', async (context) => {
    const userIds = [
      '__proto__',
      'constructor',
      'a',
      'a:b',
      'a:',
      ':a',
      'a\n',
      'a\r\nb',
      '*',
      "a' OR '1'='1",
      '{a}',
      'x'.repeat(256),
    ]
    const stores: (SessionStore & UserIndex)[] = [
      memoryStore(),
      sqliteStore(join(makeFolder(context), 'users.db')),
    ]
    for (const store of stores) {
      const { sessions, clock } = setUp({ store })
      for (const userId of userIds) await new Browser(sessions).visit((session) => session.login(userId))
      for (const [index, userId] of userIds.entries()) {
        const owner = hashOwner('session_id', userId)
        const listed = await store.listByUser(owner, { limit: 9 }, clock.now())
        assert.deepEqual(
          listed.map((record) => record.userId),
          [userId],
        )
        assert.equal((await store.deleteByUser(owner, {}, clock.now())).handles.length, 1)
        for (const other of userIds.slice(index + 1))
          assert.equal(await store.countByUser(hashOwner('session_id', other), clock.now()), 1)
      }
      await sessions.close()
    }
  })
})

describe('an interim answer', () => {
  test('row 73: 100 Continue and 103 Early Hints carry no Set-Cookie, the final head carries one', async (context) => {
    const { sessions } = setUp()
    const origin = await serve(
      context,
      withSession((request, response) => {
        sessions.get(request).set('a', 1)
        response.writeEarlyHints({ link: '</style.css>; rel=preload' })
        response.end('done')
      }, sessions),
    )
    const head =
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n'
    const { heads, setCookies } = await exchange(origin, head, 'x')
    assert.deepEqual(
      heads.map((each) => each.slice(9, 12)),
      ['100', '103', '200'],
    )
    for (const interim of heads.slice(0, 2)) assert.doesNotMatch(interim, /set-cookie/i)
    assert.equal(setCookies.length, 1)
  })
})
