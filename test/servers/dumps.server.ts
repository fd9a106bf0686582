import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { Browser, increment, openExchange } from '../core/harness.ts'
import type { Loose } from '../core/harness.ts'
import { KnownSecrets } from '../secrets/known-secrets.ts'
import { showsSecret } from '../secrets/shows-secret.ts'
import { engines, enginesOfOneProcess, missing } from './engines.ts'
import { openStore } from './open-store.ts'

const customers = 8

/** The shortest part of a secret that is searched for: 64 bits in hex. */
const partLength = 16

// Whoever steals a copy of the database can log in as nobody.
for (const engine of [...engines, ...enginesOfOneProcess]) {
  describe(`a dump of ${engine.name}`, { skip: missing(engine) }, () => {
    test(`a dump of ${engine.name} shows no part of a token, and nothing in it opens a session`, async () => {
      const running = await engine.start()
      const opened = await openStore(running.address)
      try {
        const sessions = createSessionManager<Loose>({ store: opened.store })
        const tokens = new Set<string>()
        const live: string[] = []
        for (let customer = 0; customer < customers; customer += 1) {
          live.push(await shop(sessions, `customer-${customer}`, tokens))
        }
        const dump = await running.dump()
        assert.equal(tokens.size, 5 * customers)
        for (const text of ['customer-3', 'scarf']) assert.ok(dump.includes(text), 'it holds what was stored')
        assertNoSecret(dump, tokens)
        await assertOpensNothing(dump, sessions)
        for (const token of live) assert.equal(await opens(sessions, token), true)
      } finally {
        await opened.close()
        await running.stop()
      }
    })
  })
}

/** A visit with everything that makes a token or stores something. Adds the tokens, and answers the one that lives. */
async function shop(sessions: SessionManager<Loose>, userId: string, tokens: Set<string>): Promise<string> {
  const browser = new Browser(sessions)
  const note = (): Set<string> => tokens.add(browser.token)
  await browser.visit((session) => session.set('cart', ['scarf', 'hat']))
  note()
  await browser.visit((session) => session.login(userId, { details: 'a browser' }))
  note()
  await browser.visit((session) => session.regenerateId())
  note()
  await browser.visit((session) => session.logout())
  await browser.visit((session) => {
    session.login(userId)
    session.set('cart', ['scarf'])
    session.flash('info', 'welcome back')
  })
  note()
  await browser.visit((session) => session.update('visits', increment))
  await browser.visit((session) => session.regenerateId())
  note()
  return browser.token
}

/** Neither in hex, in upper or lower case, nor as bytes or base64, nor a part of it of 16 characters. */
function assertNoSecret(dump: string, tokens: ReadonlySet<string>): void {
  const secrets = new KnownSecrets()
  for (const token of tokens) secrets.add(token)
  const parts = partsOf(dump.toLowerCase())
  const encoded = partsOf(dump)
  const showsPart = (text: string): boolean => [...partsOf(text)].some((part) => parts.has(part))
  for (const token of tokens) {
    for (const half of [token.slice(0, 32), token.slice(32)]) {
      assert.equal(showsPart(half), false)
      for (const padding of [0, 1, 2]) {
        const bytes = Buffer.concat([Buffer.alloc(padding), Buffer.from(half, 'hex')])
        for (const encoding of ['base64', 'base64url'] as const) {
          // The first characters encode the padding too, and the last ones what would follow.
          const inner = bytes.toString(encoding).slice(padding === 0 ? 0 : 2 + padding, -3)
          assert.equal(
            [...partsOf(inner)].some((part) => encoded.has(part)),
            false,
          )
        }
      }
    }
  }
  assert.equal(showsSecret(secrets, dump), false)
  // The same searches find what is there.
  const [planted = ''] = tokens
  assert.equal(showsSecret(secrets, `${dump}${planted.toUpperCase()}`), true)
  assert.equal([...partsOf(planted.slice(0, partLength))].length, 1)
}

/** Every part of so many characters of the words in a text. */
function partsOf(text: string): Set<string> {
  const parts = new Set<string>()
  for (const [word] of text.matchAll(/[\w+/-]{16,}/g)) {
    for (let start = 0; start + partLength <= word.length; start += 1) {
      parts.add(word.slice(start, start + partLength))
    }
  }
  return parts
}

/** Each word, each hash, and every pair of half hashes as selector and verifier. */
async function assertOpensNothing(dump: string, sessions: SessionManager<Loose>): Promise<void> {
  const words = new Set(dump.match(/[\w+/=.~-]+/g))
  const hashes = [...words].filter((word) => /^[0-9a-f]{64}$/.test(word))
  assert.ok(hashes.length >= 2 * customers, `${hashes.length} hashes`)
  const halves = hashes.flatMap((hash) => [hash.slice(0, 32), hash.slice(32)])
  const pairs = halves.flatMap((selector) => halves.map((verifier) => selector + verifier))
  for (const value of [...words, ...pairs]) assert.equal(await opens(sessions, value), false)
}

async function opens(sessions: SessionManager<Loose>, value: string): Promise<boolean> {
  const exchange = await openExchange(sessions, { cookie: `session_id=${value}`, secure: false })
  const { session } = exchange
  return !session.isNew
}
