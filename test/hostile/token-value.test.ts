import { hashes } from './count-hashes.ts'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { hashToken } from '../../src/id/hash.ts'
import { generateToken } from '../../src/id/token.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { hour, minute, rewrite, setUp, openExchange } from '../core/harness.ts'
import { cookie, cookieName as name, header, startHostileServer } from './hostile-server.ts'
import { demandInertKeys, makeFolder } from './inert-keys.ts'

/** The session cookie with a value. */
function ticket(value: string | Uint8Array): Uint8Array {
  return cookie(`${name}=`, value)
}

describe('a token', () => {
  test('row 27: of another length, 10 MB included, is not even hashed', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context, { maxHeaderSize: 11_000_000 })
    for (const value of [anna.slice(1), `${anna}0`, anna.slice(0, 32), anna + anna, anna.slice(0, 43)]) {
      await expectNobody('malformed', ticket(value))
    }
    const { sessions } = setUp()
    const before = hashes.count
    for (const length of [0, 1, 63, 65, 10_000_000]) {
      await openExchange(sessions, { cookie: `session_id=${'a'.repeat(length)}`, secure: true })
    }
    assert.equal(hashes.count, before)
    await openExchange(sessions, { cookie: `session_id=${'a'.repeat(64)}`, secure: true })
    assert.equal(hashes.count, before + 2)
    await expectNobody('malformed', ticket('a'.repeat(10_000_000)))
  })

  test('row 28: of another alphabet is malformed', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    for (const sign of ['+', '/', '=', '.', '-', '_', 'g', 'z', 'G', '@', '`', ':']) {
      await expectNobody('malformed', ticket(sign + anna.slice(1)))
      await expectNobody('malformed', ticket(anna.slice(0, -1) + sign))
    }
  })

  test('row 29: has one spelling: another last or first character is another token', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    const others = [...'0123456789abcdef']
    for (const last of others.filter((each) => !anna.endsWith(each))) {
      await expectNobody('wrong-verifier', ticket(anna.slice(0, -1) + last))
    }
    for (const first of others.filter((each) => !anna.startsWith(each))) {
      await expectNobody('unknown', ticket(first + anna.slice(1)))
    }
  })

  test('row 30: in other case, reversed, in full-width digits or look-alikes is not folded into one', async (context) => {
    const { expectNobody, anna, bert } = await startHostileServer(context)
    const letter = anna.search(/[a-f]/)
    const raised = anna.slice(0, letter) + anna.charAt(letter).toUpperCase() + anna.slice(letter + 1)
    await expectNobody('malformed', ticket(raised))
    await expectNobody('unknown', ticket([...anna].toReversed().join('')))
    const wide = [...anna].map((each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)).join('')
    for (const value of [wide, anna.replace(/[a-f]/, 'а'), anna.replace(/\d/, '٣'), `${anna}\u0301`]) {
      await expectNobody('malformed', ticket(value))
    }
    await expectNobody('wrong-verifier', ticket(anna.slice(0, 32) + bert.slice(32)))
  })

  test('row 31: in upper-case hex, of odd length or with 0x is malformed', async (context) => {
    const { expectNobody } = await startHostileServer(context)
    const token = 'ab'.repeat(32)
    for (const value of [
      token.toUpperCase(),
      token.slice(1),
      `0x${token}`,
      `0x${token.slice(2)}`,
      `\\x${token.slice(2)}`,
    ]) {
      await expectNobody('malformed', ticket(value))
    }
  })

  test('row 32: that is a path, a pattern or a hash tag is malformed, and as a key it means itself', async (context) => {
    const { expectNobody } = await startHostileServer(context)
    const hostile = [
      '../../etc/passwd',
      '..%2f',
      'C:\\x',
      '/dev/null',
      'session:*',
      '*',
      '?',
      '[a-z]',
      '{tag}',
      '%',
      '_',
    ]
    for (const value of hostile) await expectNobody('malformed', ticket(value))
    await demandInertKeys(context, hostile)
  })

  test('row 33: that is a query is malformed, and as a key it means itself', async (context) => {
    const { expectNobody } = await startHostileServer(context)
    const hostile = ["' OR 1=1 --", '" OR ""="', '$ne', '{"$gt":""}', '[object Object]', "'||key||'"]
    for (const value of hostile) await expectNobody('malformed', ticket(value))
    const dropping = [`"; DROP TABLE "coatcheck_sessions"; --`, `'; DROP TABLE coatcheck_sessions; --`]
    await demandInertKeys(context, [...hostile, ...dropping])
  })

  test('row 34: that is a command of a protocol is malformed, and as a key it means itself', async (context) => {
    const lenient = await startHostileServer(context, { insecureHTTPParser: true })
    await lenient.expectNobody('malformed', ticket('key 0 0 5'))
    const { browser, store, events } = setUp()
    const hostile = ['key 0 0 5\r\nset x', '\r\n*3\r\n$3\r\nSET\r\n', 'get x\n', 'a\tb', '\u0000']
    for (const value of hostile) {
      browser.cookie = `session_id=${value}`
      assert.equal(await browser.see((session) => session.isNew), true)
      assert.deepEqual(events.pop(), { type: 'rejected', reason: 'malformed' })
    }
    assert.equal(store.count(), 0)
    await demandInertKeys(context, hostile)
  })

  test('row 35: that is the text of a value that is no text is malformed', async (context) => {
    const { expectNobody } = await startHostileServer(context)
    for (const value of ['null', 'undefined', 'NaN', 'true', 'false', '0', '[]', '{}', '-1', '1e309']) {
      await expectNobody('malformed', ticket(value))
    }
  })

  test('row 36: of another library is malformed: no format is guessed', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    const foreign = [
      'eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJhbm5hIn0.',
      `s:${anna}.c2lnbmF0dXJl`,
      `s%3A${anna}.c2lnbmF0dXJl`,
      `Fe26.2**${anna}*c2FsdA*aXY*Ym9keQ**c2FsdA*bWFj`,
      'eyJpdiI6ImFhYSIsInZhbHVlIjoiYmJiIiwibWFjIjoiY2NjIn0=',
      'O:4:"User":1:{s:4:"name"%3bs:4:"anna"%3b}',
      'gASVKAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjA1lY2hvIGNvYXRjaGVja5SFlFKULg==',
      'BAh7CEkiD3Nlc3Npb25faWQGOgZFVA==--0000000000000000000000000000000000000000',
    ]
    for (const value of foreign) await expectNobody('malformed', ticket(value))
  })

  test('row 37: in numbered pieces is not put together', async (context) => {
    const { expectNobody, anna } = await startHostileServer(context)
    for (const value of ['__chunked__999999999', '__chunked__2', 'chunks:2', '2']) {
      await expectNobody(
        'malformed',
        cookie(`${name}=${value}; ${name}.0=${anna.slice(0, 32)}; ${name}.1=${anna.slice(32)}`),
      )
    }
    await expectNobody(undefined, cookie(`${name}.0=${anna}; ${name}.1=`))
    await expectNobody(undefined, cookie(`${name}-0=${anna}; ${name}_0=${anna}; ${name}[0]=${anna}`))
  })

  test('row 38: that nobody issued is unknown, is not adopted, and no cookie is cleared', async (context) => {
    const { expectNobody } = await startHostileServer(context)
    for (const token of [generateToken(), '0'.repeat(64), 'f'.repeat(64)]) {
      await expectNobody('unknown', ticket(token))
    }
  })

  test('row 39: that was logged out, expired, rotated or revoked gets one and the same answer', async () => {
    const ends: Record<string, { reason: string; end: (set: ReturnType<typeof setUp>) => unknown }> = {
      'logged out': { reason: 'unknown', end: ({ browser }) => browser.visit((session) => session.logout()) },
      destroyed: { reason: 'unknown', end: ({ browser }) => browser.visit((session) => session.destroy()) },
      idle: { reason: 'unknown', end: ({ clock }) => clock.advance(hour) },
      rotated: {
        reason: 'wrong-verifier',
        end: ({ browser }) => browser.visit((session) => session.regenerateId()),
      },
      'rotated by a login': {
        reason: 'wrong-verifier',
        end: ({ browser }) => browser.visit((session) => session.login('anna')),
      },
      revoked: { reason: 'unknown', end: ({ sessions }) => sessions.revokeAll('anna') },
    }
    for (const [how, { reason, end }] of Object.entries(ends)) {
      const set = setUp({ idleTimeout: '1h' })
      const { browser, clock, events } = set
      await browser.visit((session) => session.login('anna'))
      const old = browser.cookie
      await end(set)
      clock.advance(minute)
      browser.cookie = old
      const seen = await browser.see(({ userId, isNew }) => ({ userId, isNew }))
      assert.deepEqual(seen, { userId: undefined, isNew: true }, how)
      assert.deepEqual(
        await browser.visit((session) => session.get('a')),
        { vary: 'Cookie', cacheControl: 'private' },
        how,
      )
      const rejected = events.findLast((event) => event.type === 'rejected')
      assert.equal(rejected?.reason, reason, how)
      await browser.visit((session) => session.set('a', 1))
      assert.notEqual(browser.cookie?.slice(0, 43), old?.slice(0, 43), how)
    }
  })

  test('row 39: that was replaced opens its session until the grace in the record ends, and then no more', async () => {
    const { browser, store, clock } = setUp()
    await browser.visit((session) => session.login('anna'))
    const { cookie: old, token } = browser
    await browser.visit((session) => session.regenerateId())
    const { verifierHash: previousVerifierHash } = hashToken('session_id', token)
    rewrite(store.rows, clock, { previousVerifierHash, graceUntil: clock.now() + minute })
    clock.advance(minute - 1)
    browser.cookie = old
    assert.equal(await browser.see((session) => session.userId), 'anna')
    clock.advance(1)
    assert.equal(await browser.see((session) => session.userId), undefined)
  })

  test('row 40: of another realm opens nothing, though both keep their rows in one store', async () => {
    const store = memoryStore()
    const shop = setUp({ store })
    const others = [setUp({ store, realm: 'admin' }), setUp({ store, cookie: { name: 'admin_id' } })]
    await shop.browser.visit((session) => session.login('anna'))
    for (const other of others) {
      other.browser.cookie = `${other.sessions === others[0]?.sessions ? 'session_id' : 'admin_id'}=${shop.browser.token}`
      assert.equal(await other.browser.see((session) => session.userId), undefined)
      assert.deepEqual(other.events, [{ type: 'rejected', reason: 'unknown' }])
      assert.deepEqual(await other.sessions.list('anna'), [])
      assert.equal(await other.sessions.revokeAll('anna'), 0)
    }
    assert.equal(await shop.browser.see((session) => session.userId), 'anna')
  })

  test('row 40: of another application opens nothing, though both keep their tables in one file', async (context) => {
    const path = join(makeFolder(context), 'sessions.db')
    const [shop, admin] = ['shop', 'admin'].map((table) => setUp({ store: sqliteStore(path, { table }) }))
    assert.ok(shop && admin)
    await shop.browser.visit((session) => session.login('anna'))
    admin.browser.cookie = shop.browser.cookie
    assert.equal(await admin.browser.see((session) => session.userId), undefined)
    assert.deepEqual(admin.events, [{ type: 'rejected', reason: 'unknown' }])
    assert.equal(await shop.browser.see((session) => session.userId), 'anna')
    await Promise.all([shop.sessions.close(), admin.sessions.close()])
  })

  test('row 41: cannot be made of what a store or a log shows', async (context) => {
    const { expectNobody, anna, store, clock } = await startHostileServer(context)
    const { key, verifierHash } = hashToken(name, anna)
    const { handle, commitIds } = store.rows.read(key, clock.now()) as SessionRecord
    for (const value of [
      key,
      verifierHash,
      key.slice(0, 32) + verifierHash.slice(0, 32),
      verifierHash.slice(0, 32) + key.slice(0, 32),
    ]) {
      await expectNobody('unknown', ticket(value))
    }
    await expectNobody('wrong-verifier', ticket(anna.slice(0, 32) + verifierHash.slice(32)))
    for (const value of [handle, commitIds[0] ?? '']) await expectNobody('malformed', ticket(value))
  })

  test('row 42: counts in the cookie only: not in the query, body, path or another header', async (context) => {
    const { expectNobody, send, store, anna } = await startHostileServer(context)
    for (const line of [
      'Authorization: Bearer ',
      'X-Session-Id: ',
      'X-Auth-Token: ',
      `X-Cookie: ${name}=`,
      `Cookie2: ${name}=`,
      `Set-Cookie: ${name}=`,
    ]) {
      await expectNobody(undefined, `${line}${anna}\r\n`)
    }
    await expectNobody(undefined, header('Referer', `http://shop.test/?${name}=${anna}`))
    store.recount()
    for (const path of [
      `/look?${name}=${anna}`,
      `/look;${name}=${anna}`,
      `/look/${anna}`,
      `/look#${name}=${anna}`,
    ]) {
      assert.equal((await send(path)).body, 'nobody')
    }
    const body = `${name}=${anna}`
    const lines = `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    assert.equal((await send('/look', lines)).body, 'nobody')
    assert.equal(store.count(), 0)
  })
})
