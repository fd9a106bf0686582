import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionConfigError, SessionStateError, SessionStoreError } from '../../src/contract/errors.ts'
import type { SessionSummary } from '../../src/manager/session-summary.ts'
import type { ListedRecord, UserIndex } from '../../src/contract/capabilities.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { basicStore } from '../../src/stores/basic.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, drive, hour, minute, rowsOf, setUp } from './harness.ts'

const handleOf = (browser: Browser) => browser.see((session) => session.handle)
const userOf = (browser: Browser) => browser.see((session) => session.userId)

/** Two browsers of ada's and one of grace's, signed in a minute after one another. */
async function signInThree() {
  const stage = setUp({ maxAge: '7d', idleTimeout: '24h' })
  const { sessions, clock, browser: phone } = stage
  const desk = new Browser(sessions)
  const stranger = new Browser(sessions)
  await phone.visit((session) => session.login('ada', { details: 'Firefox on Android' }))
  clock.advance(minute)
  await desk.visit((session) => session.login('ada', { details: 'Chrome on Linux' }))
  clock.advance(minute)
  await stranger.visit((session) => session.login('grace'))
  stage.events.length = 0
  return { ...stage, phone, desk, stranger }
}

describe('list', () => {
  test('list shows the sessions of a user, oldest first, with all their times', async () => {
    const { sessions, clock, phone, desk } = await signInThree()
    const start = clock.now() - 2 * minute
    const [phoneHandle, deskHandle] = [await handleOf(phone), await handleOf(desk)]
    clock.advance(3 * hour)
    await phone.visit((session) => session.get('theme'))
    const expected: SessionSummary[] = [
      {
        handle: phoneHandle,
        details: 'Firefox on Android',
        createdAt: new Date(start),
        authenticatedAt: new Date(start),
        lastSeenAt: new Date(clock.now()),
        expiresAt: new Date(clock.now() + 24 * hour),
        endsAt: new Date(start + 7 * 24 * hour),
      },
      {
        handle: deskHandle,
        details: 'Chrome on Linux',
        createdAt: new Date(start + minute),
        authenticatedAt: new Date(start + minute),
        lastSeenAt: new Date(start + minute),
        expiresAt: new Date(start + minute + 24 * hour),
        endsAt: new Date(start + minute + 7 * 24 * hour),
      },
    ]
    assert.deepEqual(await sessions.list('ada'), expected)
    assert.deepEqual(await sessions.list('nobody'), [])
  })

  test('list knows neither visitors, nor who has signed out, nor who has expired', async () => {
    const { sessions, clock, browser, phone, desk } = await signInThree()
    await new Browser(sessions).visit((session) => session.set('theme', 'dark'))
    await desk.visit((session) => session.logout())
    assert.equal((await sessions.list('ada')).length, 1)
    assert.equal(browser, phone)
    clock.advance(24 * hour)
    assert.deepEqual(await sessions.list('ada'), [])
  })

  test('list holds nothing that opens a session', async () => {
    const { sessions, store, clock, phone } = await signInThree()
    const text = JSON.stringify(await sessions.list('ada'))
    for (const { key, verifierHash } of rowsOf(store.rows, clock)) {
      assert.ok(!text.includes(key) && !text.includes(verifierHash))
    }
    assert.ok(!text.includes(phone.token.slice(0, 32)) && !text.includes(phone.token.slice(32)))
  })

  test('list leaves out what cannot be read, with an event; it can be revoked with the others', async () => {
    const rows = memoryStore()
    const damaged: { now: boolean } = { now: false }
    const damage = (record: ListedRecord) => (damaged.now ? { ...record, createdAt: -1 } : record)
    const store = {
      ...rows,
      listByUser: (...given: Parameters<typeof rows.listByUser>) =>
        (rows.listByUser(...given) as ListedRecord[]).map(damage),
    }
    const { sessions, browser, events } = setUp({ store })
    await browser.visit((session) => session.login('ada'))
    damaged.now = true
    assert.deepEqual(await sessions.list('ada'), [])
    assert.equal(events.at(-1)?.type, 'unreadable')
    assert.equal(await sessions.revokeAll('ada'), 1)
    assert.equal(rows.size, 0)
  })
})

describe('revoke', () => {
  test('revoke ends one session of the user, and tells', async () => {
    const { sessions, events, phone, desk } = await signInThree()
    const handle = await handleOf(phone)
    assert.equal(await sessions.revoke('ada', handle), true)
    assert.deepEqual(events, [{ type: 'revoked', handle }])
    assert.equal(await userOf(phone), undefined)
    assert.equal(await userOf(desk), 'ada')
    assert.equal(await sessions.revoke('ada', handle), false)
  })

  test('revoke leaves the session of somebody else alone', async () => {
    const { sessions, events, stranger } = await signInThree()
    assert.equal(await sessions.revoke('ada', await handleOf(stranger)), false)
    assert.equal(await userOf(stranger), 'grace')
    assert.deepEqual(events, [])
  })

  test('revoke drops what a request of the revoked session still saves', async () => {
    const { sessions, store, phone, desk } = await signInThree()
    const visit = await phone.open()
    visit.session.set('theme', 'dark')
    await sessions.revoke('ada', await handleOf(phone))
    await assert.rejects(visit.conclude(), { reason: 'gone', status: 409 })
    assert.equal(store.rows.size, 2)
    assert.ok(desk.cookie)
  })

  test('revoke passes what is no handle, such as a token or a NUL, to no store', async () => {
    const inner = memoryStore()
    const asked: string[] = []
    const deleteByHandle: UserIndex['deleteByHandle'] = (owner, handle, now) => {
      asked.push(handle)
      return inner.deleteByHandle(owner, handle, now)
    }
    const store = { ...inner, deleteByHandle }
    const sessions = createSessionManager({ store })
    for (const handle of ['a'.repeat(64), `${'a'.repeat(23)}\0`, `${'a'.repeat(23)}\ud800`, 'b'.repeat(24)])
      assert.equal(await sessions.revoke('ada', handle), false)
    assert.deepEqual(asked, ['b'.repeat(24)])
  })

  test('revoke takes any text for a handle that nobody has, and refuses what is no text', async () => {
    const { sessions, phone } = await signInThree()
    const { token } = phone
    for (const handle of ['x'.repeat(24), token, ''])
      assert.equal(await sessions.revoke('ada', handle), false)
    await assert.rejects(
      sessions.revoke('ada', undefined as never),
      /TypeError: handle must be a string, received undefined/,
    )
    await assert.rejects(sessions.list(undefined as never), /userId must be a string, received undefined/)
    await assert.rejects(sessions.revokeAll(''), /userId must be 1 to 256 characters/)
  })
})

describe('revokeOthers', () => {
  test('revokeOthers ends all sessions of the user but this one', async () => {
    const { sessions, events, phone, desk, stranger } = await signInThree()
    const other = await handleOf(desk)
    await phone.visit(async (session) => assert.equal(await sessions.revokeOthers(session), 1))
    assert.deepEqual(events, [
      { type: 'rotated', handle: await handleOf(phone) },
      { type: 'revoked', handle: other },
    ])
    assert.equal(await userOf(phone), 'ada')
    assert.equal(await userOf(desk), undefined)
    assert.equal(await userOf(stranger), 'grace')
    await phone.visit(async (session) => assert.equal(await sessions.revokeOthers(session), 0))
  })

  test('revokeOthers counts a login of the same request, stored or not', async () => {
    const { sessions, phone, desk } = await signInThree()
    const tablet = new Browser(sessions)
    await tablet.visit(async (session) => {
      session.login('ada')
      assert.equal(await sessions.revokeOthers(session), 2)
    })
    assert.deepEqual(await Promise.all([tablet, phone, desk].map(userOf)), ['ada', undefined, undefined])
    await tablet.visit(async (session) => {
      session.login('ada')
      await session.save()
      assert.equal(await sessions.revokeOthers(session), 0)
    })
    assert.equal(await userOf(tablet), 'ada')
  })

  test('revokeOthers wants somebody to be signed in', async () => {
    const { sessions } = await signInThree()
    await new Browser(sessions).visit((session) =>
      assert.rejects(sessions.revokeOthers(session), (error) => {
        assert.ok(error instanceof SessionStateError)
        return /nobody is signed in/.test(error.message)
      }),
    )
    await assert.rejects(sessions.revokeOthers({} as never), TypeError)
  })
})

describe('revokeAll', () => {
  test('revokeAll ends all sessions of the user, and tells of each', async () => {
    const { sessions, events, phone, desk, stranger } = await signInThree()
    const handles = await Promise.all([phone, desk].map(handleOf))
    assert.equal(await sessions.revokeAll('ada'), 2)
    assert.deepEqual(
      events,
      handles.map((handle) => ({ type: 'revoked', handle })),
    )
    assert.deepEqual(await Promise.all([phone, desk, stranger].map(userOf)), [undefined, undefined, 'grace'])
    assert.equal(await sessions.revokeAll('ada'), 0)
  })
})

describe('a store that cannot', () => {
  test('a store that cannot keep a user index is named', async () => {
    const store = basicStore({ get: () => undefined, save: () => {}, delete: () => {} })
    const { sessions } = setUp({ store })
    for (const call of [() => sessions.list('ada'), () => sessions.revokeAll('ada')]) {
      await assert.rejects(call(), (error) => {
        assert.ok(error instanceof SessionConfigError)
        return error.message.startsWith('store: received one without a user index')
      })
    }
  })

  test('a store that cannot answer in time, or answers with no list, is an error', async () => {
    const hanging = { ...memoryStore(), listByUser: () => new Promise<never>(() => {}) }
    const first = setUp({ store: hanging })
    await assert.rejects(drive(first.clock, first.sessions.list('ada'), 5000), (error) => {
      assert.ok(error instanceof SessionStoreError)
      return error.operation === 'listByUser' && /within 2000 ms/.test(error.message)
    })
    const answeringNothing = { ...memoryStore(), listByUser: () => undefined as never }
    const mute = setUp({ store: answeringNothing })
    await assert.rejects(mute.sessions.list('ada'), SessionStoreError)
  })

  test('a store that cannot delete tells so, and nothing is told to be revoked', async () => {
    const failing = { ...memoryStore(), deleteByHandle: () => Promise.reject(new Error('down')) }
    const { sessions, browser, events } = setUp({ store: failing })
    await browser.visit((session) => session.login('ada'))
    const handle = await browser.see((session) => session.handle)
    await assert.rejects(sessions.revoke('ada', handle), SessionStoreError)
    assert.ok(!events.some(({ type }) => type === 'revoked'))
  })
})

describe('a copy of the cookie', () => {
  test('a copy of the cookie ends with the others, and the browser that asked for it stays signed in', async () => {
    const { sessions, phone } = await signInThree()
    const thief = new Browser(sessions, phone.cookie)
    await phone.visit((session) => sessions.revokeOthers(session))
    assert.equal(await userOf(thief), undefined)
    assert.equal(await userOf(phone), 'ada')
  })

  test('a copy of the cookie ends although the handler fails afterwards, and the new token is sent all the same', async () => {
    const { sessions, phone } = await signInThree()
    const thief = new Browser(sessions, phone.cookie)
    await phone.visit((session) => sessions.revokeOthers(session), { status: 500, hasFailed: true })
    assert.deepEqual(await Promise.all([thief, phone].map(userOf)), [undefined, 'ada'])
  })

  test('a copy of the cookie whose request was under way changes nothing any more', async () => {
    const { sessions, phone } = await signInThree()
    const slow = await new Browser(sessions, phone.cookie).open()
    slow.session.set('theme', 'of a thief')
    await phone.visit((session) => sessions.revokeOthers(session))
    await assert.rejects(slow.conclude(), { reason: 'replaced' })
    assert.equal(await phone.see((session) => session.get('theme')), undefined)
  })

  test('a copy of the cookie needs a response that has not started: nothing is ended otherwise', async () => {
    const { sessions, phone, desk } = await signInThree()
    const visit = await phone.open()
    await visit.conclude()
    await assert.rejects(sessions.revokeOthers(visit.session), SessionStateError)
    assert.equal(await userOf(desk), 'ada')
  })
})

async function signInMany(count: number) {
  const stage = setUp({ maxSessionsPerUser: Infinity })
  const handles: string[] = []
  for (let index = 0; index < count; index += 1) {
    stage.clock.advance(1)
    const browser = new Browser(stage.sessions)
    await browser.visit((session) => (session.login('ada'), handles.push(session.handle)))
  }
  return { ...stage, handles }
}

describe('many sessions of one user', () => {
  test('many sessions of one user are listed page by page, those that end first before the others', async () => {
    const { sessions, handles } = await signInMany(7)
    const found: string[] = []
    let after: SessionSummary | undefined
    for (;;) {
      const page: SessionSummary[] = await sessions.list('ada', { limit: 3, after })
      if (page.length === 0) break
      found.push(...page.map(({ handle }) => handle))
      after = page.at(-1)
    }
    assert.deepEqual(found, handles)
  })

  test('many sessions of one user are listed in full pages although some have ended by shorter options', async () => {
    const { store, clock } = await signInMany(5)
    clock.advance(2 * hour)
    const { sessions } = setUp({ store, clock, maxSessionsPerUser: Infinity, maxAge: '1h' })
    for (let index = 0; index < 4; index += 1) {
      clock.advance(1)
      await new Browser(sessions).visit((session) => session.login('ada'))
    }
    assert.equal((await sessions.list('ada', { limit: 3 })).length, 3)
    assert.equal((await sessions.list('ada')).length, 4)
  })

  test('many sessions of one user are ended in steps, and what breaks off says so and can be repeated', async () => {
    const { sessions, store } = await signInMany(5)
    let steps = 0
    const { deleteByUser } = store
    store.deleteByUser = async (owner, step, now) => {
      steps += 1
      if (steps === 2) throw new Error('down')
      const { handles } = await deleteByUser(owner, { except: step.except }, now)
      return { handles, cursor: steps === 1 ? 'more' : undefined }
    }
    await assert.rejects(sessions.revokeAll('ada'), (error) => {
      assert.ok(error instanceof SessionStoreError)
      return (
        error.operation === 'deleteByUser' && /after 5 sessions had been ended: repeat/.test(error.message)
      )
    })
    assert.equal(await sessions.revokeAll('ada'), 0)
  })

  test('many sessions of one user are refused a page that is none', async () => {
    const { sessions } = await signInMany(1)
    for (const [options, message] of [
      [{ limit: 0 }, /^list\.limit: received 0; allowed is a whole number from 1 to 1000/],
      [{ limit: 1001 }, /^list\.limit/],
      [{ after: 'x' }, /^list\.after/],
      [{ after: null }, /^list\.after: received null; allowed is a session of the page before/],
      [
        { after: { endsAt: new Date() } },
        /^list\.after\.handle: received undefined; allowed is the handle of a session$/,
      ],
      [{ after: { handle: '\0', endsAt: new Date() } }, /^list\.after\.handle: received string/],
      [{ after: { handle: '\ud800', endsAt: new Date() } }, /^list\.after\.handle: received string/],
      [{ after: { handle: 'x' } }, /^list\.after\.endsAt: received undefined; allowed is a valid Date$/],
      [
        { after: { handle: 'x', endsAt: new Date().toJSON() } },
        /^list\.after\.endsAt: received string; allowed is a valid Date$/,
      ],
      [{ after: { handle: 'x', endsAt: new Date(Number.NaN) } }, /^list\.after\.endsAt: received object/],
      [{ page: 2 }, /^list\.page: unknown option/],
    ] as const) {
      await assert.rejects(sessions.list('ada', options as never), (error) => {
        assert.ok(error instanceof SessionConfigError)
        return message.test(error.message)
      })
    }
  })
})

describe('maxSessionsPerUser', () => {
  test('maxSessionsPerUser ends the session that was unused for longest, with an event, and never the new one', async () => {
    const { sessions, events, clock } = setUp({ maxSessionsPerUser: 2 })
    const [first, second, third] = [new Browser(sessions), new Browser(sessions), new Browser(sessions)]
    for (const each of [first, second]) {
      await each.visit((session) => session.login('ada'))
      clock.advance(3 * hour)
    }
    const ended = await handleOf(second)
    clock.advance(minute)
    await first.visit((session) => session.get('a'))
    clock.advance(minute)
    events.length = 0
    await third.visit((session) => session.login('ada'))
    assert.deepEqual(
      events.filter(({ type }) => type === 'evicted'),
      [{ type: 'evicted', reason: 'limit', handle: ended }],
    )
    assert.deepEqual(await Promise.all([first, second, third].map(userOf)), ['ada', undefined, 'ada'])
  })

  test('maxSessionsPerUser counts only the living, of one user, and not the session that signs in again', async () => {
    const { sessions, clock, events } = setUp({ maxSessionsPerUser: 1, idleTimeout: '1h' })
    const browser = new Browser(sessions)
    await browser.visit((session) => session.login('ada'))
    await browser.visit((session) => session.login('ada'))
    await new Browser(sessions).visit((session) => session.login('grace'))
    clock.advance(hour)
    await new Browser(sessions).visit((session) => session.login('ada'))
    assert.equal(
      events.some(({ type }) => type === 'evicted'),
      false,
    )
  })

  test('maxSessionsPerUser is 100 by default, and none with a store that has no user index, where a number is refused', () => {
    const store = basicStore({ get: () => undefined, save: () => {}, delete: () => {} })
    setUp({ store })
    setUp({ store, maxSessionsPerUser: Infinity })
    assert.throws(
      () => setUp({ store, maxSessionsPerUser: 5 }),
      /^SessionConfigError: maxSessionsPerUser: received 5; /,
    )
  })

  test('maxSessionsPerUser of 3 leaves 3 of 200 parallel logins', async () => {
    const { sessions, store } = setUp({ maxSessionsPerUser: 3 })
    await Promise.all(
      Array.from({ length: 200 }, () => new Browser(sessions).visit((session) => session.login('ada'))),
    )
    assert.equal(store.rows.size, 3)
  })
})
