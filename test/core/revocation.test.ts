import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { SessionConflictError, SessionStoreError } from '../../src/contract/errors.ts'
import { hashOwner } from '../../src/id/hash.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { Browser, setUp } from './harness.ts'
import type { Loose, LooseSession } from './harness.ts'

const userOf = (browser: Browser) => browser.see((session) => session.userId)

/** A browser of ada's, a thief with a copy of its cookie, and another device of hers. */
async function stealCookie() {
  const stage = setUp()
  const { sessions, browser: owner } = stage
  const tablet = new Browser(sessions)
  for (const browser of [owner, tablet]) await browser.visit((session) => session.login('ada'))
  return { ...stage, owner, tablet, thief: new Browser(sessions, owner.cookie) }
}

function isVoid(error: unknown): boolean {
  return error instanceof SessionConflictError && ['gone', 'replaced'].includes(error.reason)
}

function refusal(call: string, received: string): { name: string; message: string } {
  return {
    name: 'TypeError',
    message: `${call}: session must be a session of this manager, received ${received}`,
  }
}

describe('what is not a session', () => {
  for (const [received, kind, hint = ''] of [
    ['u_123', 'string', '; for a user id call revokeAll'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'object'],
  ] as const) {
    test(`what is not a session is refused by revokeOthers, with its kind: ${kind}`, async () => {
      const { sessions } = setUp()
      const wrong = received as never
      await assert.rejects(sessions.revokeOthers(wrong), refusal('revokeOthers', kind + hint))
    })
  }
})

describe('revokeOthers of a stolen session', () => {
  for (const theft of ['regenerateId', 'login'] as const) {
    test(`revokeOthers of a stolen session ends the thief who came first with a ${theft}`, async () => {
      const { sessions, owner, thief, tablet } = await stealCookie()
      const change = await owner.open()
      await thief.visit((session) => (theft === 'login' ? session.login('ada') : session.regenerateId()))
      change.session.login('ada')
      assert.equal(await sessions.revokeOthers(change.session), 2)
      await change.conclude()
      assert.deepEqual(await Promise.all([owner, thief, tablet].map(userOf)), ['ada', undefined, undefined])
      assert.equal((await sessions.list('ada')).length, 1)
    })
  }

  test('revokeOthers of a stolen session is refused to a request whose session was revoked meanwhile', async () => {
    const { sessions, owner, thief, tablet } = await stealCookie()
    const late = await thief.open()
    await tablet.visit((session) => sessions.revokeOthers(session))
    await assert.rejects(sessions.revokeOthers(late.session), isVoid)
    assert.deepEqual(await Promise.all([owner, tablet].map(userOf)), [undefined, 'ada'])
  })

  /** What takes the session away from a copy of its cookie. */
  const ends: Readonly<Record<string, (session: LooseSession, sessions: SessionManager<Loose>) => unknown>> =
    {
      revoked: (session, sessions) => sessions.revoke('ada', session.handle),
      'signed out': (session) => session.logout(),
      'secured by revokeOthers': (session, sessions) => sessions.revokeOthers(session),
      'given a new token': (session) => session.regenerateId(),
      "another user's": (session) => session.login('bert'),
    }
  for (const [what, end] of Object.entries(ends)) {
    test(`revokeOthers of a stolen session is refused to a client that has hung up and whose session was ${what} meanwhile`, async () => {
      const { sessions, owner, thief } = await stealCookie()
      const late = await thief.open()
      await late.exchange.abandon()
      await owner.visit((session) => end(session, sessions))
      const desk = new Browser(sessions)
      await desk.visit((session) => session.login('ada'))
      await assert.rejects(sessions.revokeOthers(late.session), isVoid)
      assert.equal(await userOf(desk), 'ada')
    })
  }

  test('revokeOthers of a stolen session is refused to a client that hangs up while its token is being replaced', async () => {
    const { sessions, store, owner, thief, tablet } = await stealCookie()
    const late = await thief.open()
    late.session.set('a', 1)
    store.plan('commit', 'hold')
    const saving = late.session.save()
    const held = await store.held('commit')
    const revoking = sessions.revokeOthers(late.session)
    const abandoning = late.exchange.abandon()
    await owner.visit((session) => session.logout())
    held.pass()
    await assert.rejects(saving, isVoid)
    await assert.rejects(revoking, isVoid)
    await abandoning
    assert.equal(await userOf(tablet), 'ada')
  })

  test('revokeOthers of a stolen session ends the others for a client that has hung up, and leaves its token alone', async () => {
    const { sessions, owner, tablet } = await stealCookie()
    const visit = await owner.open()
    await visit.exchange.abandon()
    assert.equal(await sessions.revokeOthers(visit.session), 1)
    assert.deepEqual(await Promise.all([owner, tablet].map(userOf)), ['ada', undefined])
  })

  test('revokeOthers of a stolen session is refused to a request whose session was signed out meanwhile', async () => {
    const { sessions, owner, thief, tablet } = await stealCookie()
    const late = await thief.open()
    await owner.visit((session) => session.logout())
    await assert.rejects(sessions.revokeOthers(late.session), isVoid)
    assert.equal(await userOf(tablet), 'ada')
  })

  test('revokeOthers of a stolen session is refused to a request whose token was replaced meanwhile', async () => {
    const { sessions, owner, thief, tablet } = await stealCookie()
    const late = await thief.open()
    await owner.visit((session) => session.login('ada'))
    await assert.rejects(sessions.revokeOthers(late.session), isVoid)
    assert.deepEqual(await Promise.all([owner, tablet].map(userOf)), ['ada', 'ada'])
  })

  test('revokeOthers of a stolen session is refused to a session of another manager', async () => {
    const { sessions, owner } = await stealCookie()
    const other = new Browser(createSessionManager())
    await other.visit((session) => {
      session.login('ada')
      return assert.rejects(sessions.revokeOthers(session), /TypeError: .*another session manager/)
    })
    assert.equal(await userOf(owner), 'ada')
  })
})

describe('revoke beside a login of another user on the same device', () => {
  test('revoke beside a login of another user on the same device leaves the session to the one who has signed in', async () => {
    const { sessions, store, browser } = setUp()
    await browser.visit((session) => session.login('ada'))
    const handle = await browser.see((session) => session.handle)
    const { deleteByHandle } = store
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    store.deleteByHandle = async (...asked) => {
      await released
      return deleteByHandle(...asked)
    }
    const revoking = sessions.revoke('ada', handle)
    await browser.visit((session) => session.login('grace'))
    release()
    assert.equal(await revoking, false)
    assert.equal(await userOf(browser), 'grace')
  })
})

describe('a damaged row', () => {
  for (const [how, revoke] of Object.entries({
    'revoked by its handle': (sessions, _browser, handle) => sessions.revoke('ada', handle),
    'revoked with the others': (sessions, browser) =>
      browser.visit(async (session) => void (await sessions.revokeOthers(session))),
    'revoked with all': (sessions) => sessions.revokeAll('ada'),
  } satisfies Record<
    string,
    (sessions: ReturnType<typeof setUp>['sessions'], browser: Browser, handle: string) => Promise<unknown>
  >)) {
    test(`a damaged row of a user is ${how}`, async () => {
      const database = new DatabaseSync(':memory:')
      const { sessions, browser } = setUp({ store: sqliteStore(database) })
      const damaged = new Browser(sessions)
      for (const each of [damaged, browser]) await each.visit((session) => session.login('ada'))
      const handle = await damaged.see((session) => session.handle)
      database.prepare(`update coatcheck_sessions set last_seen_at = 'x' where handle = ?`).run(handle)
      assert.equal((await sessions.list('ada')).length, 1)
      await revoke(sessions, browser, handle)
      const left = database.prepare('select handle from coatcheck_sessions').all()
      assert.ok(!left.some((row) => row['handle'] === handle))
    })
  }
})

describe('revokeAll', () => {
  test('revokeAll ends all even when the list cannot be read', async () => {
    const rows = memoryStore()
    const store = { ...rows, listByUser: () => Promise.reject(new Error('down')) }
    const { sessions, browser } = setUp({ store })
    await browser.visit((session) => session.login('ada'))
    assert.equal(await sessions.revokeAll('ada'), 1)
    assert.equal(rows.size, 0)
  })
})

describe('a store whose user index answers wrongly', () => {
  const wrong: Record<string, object> = {
    'a list with nothing in it': { listByUser: () => [null] },
    'no boolean from deleteByHandle': { deleteByHandle: () => undefined },
    'nothing from deleteByUser': { deleteByUser: () => undefined },
    'handles that are no text': { deleteByUser: () => ({ handles: [5] }) },
    'a cursor that is no text': { deleteByUser: () => ({ handles: [], cursor: 5 }) },
  }
  for (const [what, answers] of Object.entries(wrong)) {
    test(`a store whose user index answers wrongly gives a SessionStoreError: ${what}`, async () => {
      const { sessions, browser } = setUp({ store: { ...memoryStore(), ...answers } })
      await browser.visit((session) => session.login('ada'))
      const handle = await browser.see((session) => session.handle)
      const revokeBoth = async () => {
        await sessions.list('ada')
        await sessions.revoke('ada', handle)
        await sessions.revokeAll('ada')
      }
      await assert.rejects(revokeBoth(), SessionStoreError)
    })
  }

  test('a store whose user index answers wrongly shows nothing that is another user’s', async () => {
    const rows = memoryStore()
    const grace = hashOwner('session_id', 'grace')
    const list: typeof rows.listByUser = (_, page, now) => rows.listByUser(grace, page, now)
    const store = { ...rows, listByUser: list }
    const { sessions, browser } = setUp({ store })
    await browser.visit((session) => session.login('grace'))
    assert.deepEqual(await sessions.list('ada'), [])
  })
})

test('close waits for a revocation under way', async () => {
  const calls: string[] = []
  const rows = memoryStore()
  const store = {
    ...rows,
    async deleteByHandle(...given: Parameters<typeof rows.deleteByHandle>) {
      await new Promise((resolve) => setImmediate(resolve))
      calls.push('deleteByHandle')
      return rows.deleteByHandle(...given)
    },
    close: () => void calls.push('close'),
  }
  const { sessions, browser } = setUp({ store })
  await browser.visit((session) => session.login('ada'))
  const revoking = sessions.revoke('ada', await browser.see((session) => session.handle))
  await sessions.close()
  assert.equal(await revoking, true)
  assert.deepEqual(calls, ['deleteByHandle', 'close'])
})

/** The first creation is refused, and arrives late; the session gets a row of another key. */
async function signInWithLostAnswer() {
  const rows = memoryStore()
  let late: (() => unknown) | undefined
  const store: typeof rows = {
    ...rows,
    create(record, now) {
      if (late) return rows.create(record, now)
      late = () => rows.create(record, now)
      return Promise.reject(new Error('no answer'))
    },
  }
  const stage = setUp({ store })
  await stage.browser.visit((session) => session.login('ada'))
  late?.()
  assert.equal(rows.size, 2)
  return { ...stage, rows }
}

describe('a second record of one handle, which a creation with a lost answer has left', () => {
  test('a second record of one handle, which a creation with a lost answer has left is revoked with the session', async () => {
    const { sessions, browser, rows } = await signInWithLostAnswer()
    const handle = await browser.see((session) => session.handle)
    assert.equal(await sessions.revoke('ada', handle), true)
    assert.equal(await userOf(browser), undefined)
    assert.equal(rows.size, 0)
  })

  test('a second record of one handle, which a creation with a lost answer has left is one of the others', async () => {
    const { sessions, browser, rows } = await signInWithLostAnswer()
    await browser.visit(async (session) => assert.equal(await sessions.revokeOthers(session), 1))
    assert.equal(await userOf(browser), 'ada')
    assert.equal(rows.size, 1)
  })
})
