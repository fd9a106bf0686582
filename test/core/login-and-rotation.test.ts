import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionConfigError, SessionConflictError, SessionStateError } from '../../src/contract/errors.ts'
import { hashSecret } from '../../src/id/hash.ts'
import { isToken } from '../../src/id/token.ts'
import { Browser, holdCommit, hour, rewrite, rowOf, rowsOf, setUp, typesOf } from './harness.ts'
import type { LooseSession } from './harness.ts'

const bad: readonly unknown[] = [
  '',
  'x'.repeat(257),
  'a\0',
  '\ud800',
  0,
  5,
  null,
  undefined,
  {},
  ['u_1'],
  Symbol('u'),
]

describe('login', () => {
  test('login binds the user and replaces the token, whose selector and handle stay', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('cart', ['a']))
    const before = browser.token
    const row = rowOf(store.rows, clock)
    await browser.visit((session) => {
      session.login('u_1')
      assert.equal(session.userId, 'u_1')
      assert.notEqual(session.id, before)
    })
    const after = rowOf(store.rows, clock)
    assert.notEqual(browser.token.slice(32), before.slice(32))
    assert.equal(browser.token.slice(0, 32), before.slice(0, 32))
    assert.equal(after.handle, row.handle)
    assert.equal(after.userId, 'u_1')
    assert.equal(after.authenticatedAt, clock.now())
    assert.equal(after.verifierHash, hashSecret(browser.token.slice(32)))
  })

  test('login makes the token known before it worthless, at once', async () => {
    const { browser, sessions, events } = setUp()
    await browser.visit((session) => session.set('cart', ['a']))
    const thief = new Browser(sessions, browser.cookie)
    await browser.visit((session) => session.login('u_1'))
    const seen = await thief.see((session) => [session.isNew, session.userId, session.get('cart')])
    assert.deepEqual(seen, [true, undefined, undefined])
    assert.equal(
      events.some((event) => event.type === 'rejected' && event.reason === 'replaced'),
      true,
    )
    assert.equal(await browser.see((session) => session.userId), 'u_1')
  })

  test('login sends the token that session.id showed', async () => {
    const { browser } = setUp()
    let shown = ''
    await browser.visit((session) => {
      const visitor = session.id
      session.login('u_1')
      shown = session.id
      assert.notEqual(shown, visitor)
      assert.equal(isToken(shown), true)
    })
    assert.equal(browser.token, shown)
    await browser.visit((session) => {
      session.login('u_1')
      shown = session.id
    })
    assert.equal(browser.token, shown)
  })

  test("login keeps a visitor's data, and the same user's", async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('cart', ['a']))
    await browser.visit((session) => session.login('u_1'))
    await browser.visit((session) => session.login('u_1'))
    assert.deepEqual(await browser.see((session) => session.get('cart')), ['a'])
  })

  test("login drops another user's data, in the handler and in the store", async () => {
    const { browser } = setUp()
    await browser.visit(
      (session) => (session.login('u_1'), session.set('cart', ['a']), session.flash('info', 'x')),
    )
    await browser.visit((session) => {
      session.login('u_2')
      assert.equal(session.has('cart'), false)
      session.set('theme', 'dark')
    })
    const seen = await browser.see((session) => [session.userId, session.keys(), session.takeFlash('info')])
    assert.deepEqual(seen, ['u_2', ['theme'], []])
  })

  test('login keeps only what carryOver names', async () => {
    const { browser } = setUp()
    await browser.visit((session) => (session.set('cart', ['a']), session.set('step', 2)))
    await browser.visit((session) => session.login('u_1', { carryOver: ['cart'] }))
    assert.deepEqual(await browser.see((session) => session.keys()), ['cart'])
  })

  test('login keeps flash messages, whatever carryOver names', async () => {
    const { browser } = setUp()
    await browser.visit((session) => (session.set('step', 2), session.flash('info', 'Please sign in')))
    await browser.visit((session) => session.login('u_1', { carryOver: [] }))
    const seen = await browser.see((session) => [session.keys(), session.takeFlash('info')])
    assert.deepEqual(seen, [[], ['Please sign in']])
  })

  test('login takes carryOver as it was at the call', async () => {
    const { browser } = setUp()
    await browser.visit((session) => (session.set('cart', ['a']), session.set('step', 2)))
    await browser.visit((session) => {
      const carryOver = ['cart']
      session.login('u_1', { carryOver })
      carryOver.length = 0
    })
    assert.deepEqual(await browser.see((session) => session.keys()), ['cart'])
    const slow = await browser.open()
    const names = ['cart']
    slow.session.login('u_1', { carryOver: names })
    names.length = 0
    await browser.visit((session) => session.set('step', 3))
    await slow.conclude()
    assert.deepEqual(await browser.see((session) => session.keys()), ['cart'])
  })

  test('login carries nothing over from another user, whatever carryOver names', async () => {
    const { browser } = setUp()
    await browser.visit((session) => (session.login('u_1'), session.set('cart', ['a'])))
    await browser.visit((session) => session.login('u_2', { carryOver: ['cart'] }))
    assert.deepEqual(await browser.see((session) => session.keys()), [])
  })

  test('login refuses an option that it does not know: a typo must not keep what was to be dropped', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      const options = { carryover: ['cart'] } as object
      assert.throws(
        () => session.login('u_1', options),
        (error: unknown) => error instanceof SessionConfigError || error instanceof TypeError,
      )
      assert.equal(session.userId, undefined)
    })
  })

  test('login keeps the details of the device until the next login', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.login('u_1', { details: 'Firefox on Linux' }))
    await browser.visit((session) => session.set('a', 1))
    assert.equal(rowOf(store.rows, clock).details, 'Firefox on Linux')
    await browser.visit((session) => session.login('u_1'))
    assert.equal('details' in rowOf(store.rows, clock), false)
  })

  for (const userId of bad) {
    test(`login refuses ${JSON.stringify(String(userId).slice(0, 10))} (${typeof userId}) as a user`, async () => {
      const { browser, store } = setUp()
      await browser.visit((session) => {
        assert.throws(() => session.login(userId as string), TypeError)
        assert.equal(session.userId, undefined)
      })
      assert.equal(store.count(), 0)
    })
  }

  test('login takes any other text as a user', async () => {
    const { browser } = setUp()
    for (const userId of ['u', '__proto__', 'a:b\n{c}*', '🧥', 'x'.repeat(256)]) {
      await browser.visit((session) => session.login(userId))
      assert.equal(await browser.see((session) => session.userId), userId)
    }
  })

  test('login takes details of 1024 characters', async () => {
    const { browser, store, clock } = setUp()
    const details = '🧥'.repeat(512)
    await browser.visit((session) => session.login('u_1', { details }))
    assert.equal(rowOf(store.rows, clock).details, details)
  })

  test('login refuses details that are no text, or too long', async () => {
    const { browser } = setUp()
    await browser.visit((session) => {
      for (const details of [5, null, {}, 'x'.repeat(1025), 'a\0', '\ud800']) {
        assert.throws(() => session.login('u_1', { details: details as string }), TypeError)
      }
    })
  })

  test('twice in one request ends with the second user and one row', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => {
      session.login('u_1')
      session.set('cart', ['a'])
      session.login('u_2')
    })
    assert.equal(rowOf(store.rows, clock).userId, 'u_2')
    assert.deepEqual(await browser.see((session) => session.keys()), [])
  })

  test('login after logout in the same request begins a new session with a new selector', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => (session.login('u_1'), session.set('cart', ['a'])))
    const { token } = browser
    await browser.visit((session) => (session.logout(), session.login('u_2')))
    assert.notEqual(browser.token.slice(0, 32), token.slice(0, 32))
    assert.equal(rowOf(store.rows, clock).userId, 'u_2')
    assert.deepEqual(await browser.see((session) => session.keys()), [])
  })

  test('login after the head has left throws', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const visit = await browser.open()
    await visit.conclude()
    assert.throws(() => visit.session.login('u_1'), SessionStateError)
    assert.throws(() => visit.session.regenerateId(), SessionStateError)
    assert.equal(await browser.see((session) => session.isNew), false)
  })

  test('login needs the new token: what the browser holds before the answer arrives opens nothing', async () => {
    const { browser, sessions } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { cookie } = browser
    await browser.visit((session) => session.login('u_1'))
    const late = new Browser(sessions, cookie)
    const headers = await late.visit((session) => session.get('a'))
    assert.deepEqual(headers, { vary: 'Cookie', cacheControl: 'private' })
  })
})

describe('regenerateId', () => {
  test('regenerateId replaces the token and keeps everything else, the life included', async () => {
    const { browser, store, clock } = setUp({ maxAge: '10h' })
    await browser.visit((session) => (session.login('u_1'), session.set('cart', ['a'])))
    const before = rowOf(store.rows, clock)
    const { token } = browser
    clock.advance(hour)
    const { setCookie } = await browser.visit((session) => session.regenerateId())
    const after = rowOf(store.rows, clock)
    assert.notEqual(browser.token, token)
    assert.notEqual(after.verifierHash, before.verifierHash)
    assert.deepEqual(
      [after.endsAt, after.userId, after.data, after.authenticatedAt, after.createdAt],
      [before.endsAt, before.userId, before.data, before.authenticatedAt, before.createdAt],
    )
    assert.match(setCookie ?? '', /Max-Age=32400;/)
  })

  test('regenerateId is not done when the handler fails', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { verifierHash } = rowOf(store.rows, clock)
    const headers = await browser.visit((session) => session.regenerateId(), { status: 500 })
    assert.equal(headers.setCookie, undefined)
    assert.equal(rowOf(store.rows, clock).verifierHash, verifierHash)
  })
})

/** What the browser's session holds, and whether its cookie is still the same. */
async function rotateMeanwhile(rotation: 'login' | 'regenerateId', act: (session: LooseSession) => unknown) {
  const { browser, events, sessions } = setUp()
  await browser.visit((session) => session.set('a', 1))
  const slow = await browser.open()
  await browser.visit((session) => session[rotation]('u_1'))
  const { cookie } = browser
  const outcome = await Promise.resolve(act(slow.session))
    .then(() => slow.conclude())
    .catch((error: unknown) => error)
  assert.equal(browser.cookie, cookie)
  const reader = new Browser(sessions, cookie)
  return { outcome, events, entries: await reader.see((session) => Object.fromEntries(session.entries())) }
}

const write = (session: LooseSession): void => {
  session.set('b', 2)
  session.update('a', () => 5)
}

describe('a rotation against other requests', () => {
  test('login: a slow write with the old token fails, changes nothing and sends nothing', async () => {
    const { outcome, events, entries } = await rotateMeanwhile('login', write)
    assert.ok(
      outcome instanceof SessionConflictError && outcome.reason === 'replaced' && outcome.status === 409,
    )
    assert.deepEqual(entries, { a: 1 })
    assert.deepEqual(
      events.filter(({ type }) => type === 'dropped').map((event) => 'count' in event && event.count),
      [2],
    )
  })

  test('regenerateId: a slow write with the old token is kept, and sends nothing', async () => {
    const { outcome, entries } = await rotateMeanwhile('regenerateId', write)
    assert.deepEqual(outcome, { vary: 'Cookie', cacheControl: 'private' })
    assert.deepEqual(entries, { a: 5, b: 2 })
  })

  test('regenerateId: everything that the slow request saves is kept', async () => {
    const { outcome, entries } = await rotateMeanwhile('regenerateId', async (session) => {
      session.set('b', 2)
      await session.save()
      session.set('c', 3)
      await session.save()
    })
    assert.deepEqual(outcome, { vary: 'Cookie', cacheControl: 'private' })
    assert.deepEqual(entries, { a: 1, b: 2, c: 3 })
  })

  test('login: whatever the slow request still saves fails as well', async () => {
    const { outcome, entries } = await rotateMeanwhile('login', async (session) => {
      session.set('b', 2)
      await assert.rejects(session.save(), { reason: 'replaced' })
      session.set('c', 3)
      await session.save()
    })
    assert.ok(outcome instanceof SessionConflictError)
    assert.deepEqual(entries, { a: 1 })
  })

  for (const [rotation, keys] of [
    ['login', ['a']],
    ['regenerateId', ['a', 'b']],
  ] as const) {
    test(`${rotation}: a write that reaches the store too late is treated alike`, async () => {
      const { browser, elsewhere, store } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const { ending, held } = await holdCommit(browser, store, (session) => session.set('b', 2))
      const other = elsewhere()
      await other.visit((session) => session[rotation]('u_1'))
      held.pass()
      if (rotation === 'login') await assert.rejects(ending, { reason: 'replaced' })
      else assert.deepEqual(await ending, { vary: 'Cookie', cacheControl: 'private' })
      assert.deepEqual(await other.see((session) => session.keys()), keys)
    })
  }

  test('a minute after a regenerateId, a slow write is no longer kept', async () => {
    for (const [wait, isKept] of [
      [59_999, true],
      [60_000, false],
    ] as const) {
      const { browser, clock } = setUp()
      await browser.visit((session) => session.set('a', 1))
      const slow = await browser.open()
      slow.session.set('b', 2)
      await browser.visit((session) => session.regenerateId())
      clock.advance(wait)
      const ending = slow.conclude()
      if (!isKept) await assert.rejects(ending, { reason: 'replaced' })
      await ending.catch(() => {})
      assert.equal(await browser.see((session) => session.has('b')), isKept)
    }
  })

  test('two overlapping regenerateIds are one: the second sends nothing and keeps its changes', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const slow = await browser.open()
    slow.session.regenerateId()
    slow.session.set('b', 2)
    await browser.visit((session) => session.regenerateId())
    const { cookie } = browser
    assert.deepEqual(await slow.conclude(), { vary: 'Cookie', cacheControl: 'private' })
    assert.equal(browser.cookie, cookie)
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b'])
  })

  for (const [rotation, acts] of [
    ['regenerateId', (session: LooseSession) => session.regenerateId()],
    ['login', (session: LooseSession) => session.login('u_1')],
  ] as const) {
    for (const saved of ['a change', 'a regenerateId']) {
      test(`${rotation} after a save of ${saved} leaves the token of a regenerateId alone that came in between`, async () => {
        const { browser, sessions } = setUp()
        await browser.visit((session) => session.login('u_1'))
        const slow = await browser.open()
        await browser.visit((session) => session.regenerateId())
        const sibling = new Browser(sessions, browser.cookie)
        if (saved === 'a change') slow.session.set('b', 2)
        else slow.session.regenerateId()
        await slow.session.save()
        acts(slow.session)
        const { setCookie } = await slow.conclude()
        assert.equal(setCookie === undefined, rotation === 'regenerateId')
        assert.equal(
          await sibling.see((session) => session.userId),
          'u_1',
          'the answer may still be on its way',
        )
        assert.equal(await browser.see((session) => session.userId), 'u_1')
        assert.equal(await browser.see((session) => session.has('b')), saved === 'a change')
      })
    }
  }

  test('a slow regenerateId against a login sends nothing and changes nothing', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const slow = await browser.open()
    slow.session.regenerateId()
    await browser.visit((session) => session.login('u_1'))
    const { verifierHash } = rowOf(store.rows, clock)
    const { cookie } = browser
    await assert.rejects(slow.conclude(), { reason: 'replaced' })
    assert.equal(browser.cookie, cookie)
    assert.equal(rowOf(store.rows, clock).verifierHash, verifierHash)
  })

  for (const others of [
    ['u_1', 'u_2'],
    ['u_1', 'u_1'],
  ] as const) {
    test(`two overlapping logins (${others.join(', ')}) are two sessions, and a double click keeps the cart`, async () => {
      const { browser, sessions, store, clock } = setUp()
      await browser.visit((session) => session.set('cart', ['a']))
      const { cookie } = browser
      const jars = [new Browser(sessions, cookie), new Browser(sessions, cookie)] as const
      const visits = [await jars[0].open(), await jars[1].open()] as const
      visits.forEach(({ session }, index) => {
        session.set('before', index)
        session.login(others[index] as string)
        session.set('after', index)
      })
      await Promise.all(visits.map((visit) => visit.conclude()))
      assert.equal(rowsOf(store.rows, clock).length, 2)
      assert.equal(await jars[0].see((session) => session.userId), others[0])
      assert.equal(await jars[1].see((session) => session.userId), others[1])
      assert.deepEqual(await jars[0].see((session) => session.keys().toSorted()), ['after', 'before', 'cart'])
      const isSameUser = others[0] === others[1]
      assert.deepEqual(
        await jars[1].see((session) => Object.fromEntries(session.entries())),
        isSameUser ? { cart: ['a'], before: 1, after: 1 } : { before: 1, after: 1 },
      )
      assert.notEqual(jars[0].token.slice(0, 32), jars[1].token.slice(0, 32))
      assert.equal(await new Browser(sessions, cookie).see((session) => session.isNew), true)
    })
  }

  test('a slow login keeps what a faster request has set in the meantime', async () => {
    const { browser } = setUp()
    await browser.visit((session) => session.set('cart', ['a']))
    const slow = await browser.open()
    slow.session.login('u_1')
    await browser.visit((session) => session.update('cart', (cart) => [...(cart as string[]), 'b']))
    await slow.conclude()
    assert.deepEqual(await browser.see((session) => [session.userId, session.get('cart')]), [
      'u_1',
      ['a', 'b'],
    ])
  })

  test('a login whose session was destroyed meanwhile begins one of its own, without old data', async () => {
    const { browser, store, clock, events } = setUp()
    await browser.visit((session) => session.set('cart', ['a']))
    const { token } = browser
    const slow = await browser.open()
    slow.session.login('u_1')
    slow.session.set('theme', 'dark')
    await browser.visit((session) => session.destroy())
    await slow.conclude()
    assert.notEqual(browser.token.slice(0, 32), token.slice(0, 32))
    assert.deepEqual(await browser.see((session) => [session.userId, session.keys()]), ['u_1', ['theme']])
    assert.equal(rowsOf(store.rows, clock).length, 1)
    assert.deepEqual(typesOf(events).slice(-3), ['ended', 'created', 'login'])
  })
})

describe('a previous verifier', () => {
  test('a previous verifier opens the session until its grace ends, to the millisecond, and its writes are saved', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { verifierHash } = rowOf(store.rows, clock)
    const graceUntil = clock.now() + 10_000
    rewrite(store.rows, clock, {
      verifierHash: 'e'.repeat(64),
      previousVerifierHash: verifierHash,
      graceUntil,
    })
    clock.advance(9999)
    await browser.visit((session) => session.set('b', 2))
    assert.deepEqual(await browser.see((session) => session.keys()), ['a', 'b'])
    assert.equal(rowOf(store.rows, clock).previousVerifierHash, verifierHash)
    clock.advance(1)
    assert.equal(await browser.see((session) => session.isNew), true)
  })

  test('a previous verifier opens nothing without a grace, and is gone after a login', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.set('a', 1))
    const { verifierHash } = rowOf(store.rows, clock)
    rewrite(store.rows, clock, { verifierHash: 'e'.repeat(64), previousVerifierHash: verifierHash })
    assert.equal(await browser.see((session) => session.isNew), true)
    rewrite(store.rows, clock, { graceUntil: clock.now() + 10_000, previousVerifierHash: verifierHash })
    await browser.visit((session) => session.login('u_1'))
    assert.equal('previousVerifierHash' in rowOf(store.rows, clock), false)
    assert.equal('graceUntil' in rowOf(store.rows, clock), false)
  })
})

/** A user whose token was replaced, and a request that still comes with the old one. */
async function replaceSoftly() {
  const stage = setUp()
  const { browser, sessions } = stage
  await browser.visit((session) => (session.login('anna'), session.set('cart', 1)))
  const old = new Browser(sessions, browser.cookie)
  await browser.visit((session) => session.regenerateId())
  return { ...stage, old }
}

describe('a logout in a request whose token was replaced a moment ago', () => {
  test('a logout in a request whose token was replaced a moment ago lends what it has ended to no login that follows', async () => {
    const { browser, old } = await replaceSoftly()
    await old.visit((session) => (session.logout(), session.login('anna')))
    assert.deepEqual(await old.see((session) => [session.userId, session.get('cart')]), ['anna', undefined])
    assert.equal(await browser.see((session) => session.userId), undefined)
  })

  test('a logout in a request whose token was replaced a moment ago takes back a login before it, ends the session, and no cookie replaces the newer one', async () => {
    const { browser, old } = await replaceSoftly()
    const visit = await old.open()
    visit.session.login('anna')
    visit.session.logout()
    assert.throws(() => visit.session.flash('notice', 'bye'), { reason: 'replaced' })
    const { setCookie } = await visit.conclude()
    assert.match(setCookie ?? '', /^session_id=;/)
    assert.equal(await browser.see((session) => session.userId), undefined)
  })
})
