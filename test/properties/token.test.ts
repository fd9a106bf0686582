import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { createHash } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { hashToken, isSameHash, TokenHashCache } from '../../src/id/hash.ts'
import { isToken } from '../../src/id/token.ts'
import { setUp } from '../core/harness.ts'
import { watchPrototypes } from '../support/watch-prototypes.ts'
import { anyValue, treacherous } from './any-value.ts'

after(watchPrototypes())

const token = fc.stringMatching(/^[0-9a-f]{64}$/)
const unhex = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 1 })
  .filter((each) => !'0123456789abcdef'.includes(each))
/** A token with one character, or its length, changed. */
const nearMiss = fc.oneof(
  fc
    .tuple(token, fc.nat({ max: 63 }), unhex)
    .map(([text, at, sign]) => text.slice(0, at) + sign + text.slice(at + 1)),
  fc
    .tuple(token, fc.nat({ max: 64 }), fc.constantFrom('', '0', ' ', '\n', '\0'))
    .map(([text, at, sign]) => text.slice(0, at) + sign + text.slice(at + (sign ? 0 : 1)))
    .filter((text) => text.length !== 64),
  token.map((text) => text.toUpperCase()).filter((text) => /[A-F]/.test(text)),
  fc.string({ unit: 'binary', minLength: 60, maxLength: 70 }),
)

/** An independent reading of "64 characters, 0 to 9 and a to f". */
function isExactlyHex(text: string): boolean {
  return text.length === 64 && Buffer.from(text, 'hex').toString('hex') === text
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

describe('a token', () => {
  test('a token is 64 lower-case hex characters and nothing else', () => {
    fc.assert(fc.property(token, (text) => assert.equal(isToken(text), true)))
    fc.assert(
      fc.property(fc.oneof(nearMiss, fc.string()), (text) => assert.equal(isToken(text), isExactlyHex(text))),
      { numRuns: 2000 },
    )
  })

  test('a token has the SHA-256 of its halves as hashes, the first with the realm, however often it is asked for', () => {
    const hashes = new TokenHashCache('shop')
    fc.assert(
      fc.property(token, (text) => {
        const expected = { key: sha256(`shop\n${text.slice(0, 32)}`), verifierHash: sha256(text.slice(32)) }
        assert.deepEqual(hashToken('shop', text), expected)
        const { key, verifierHash } = hashToken('admin', text)
        assert.deepEqual([key === expected.key, verifierHash === expected.verifierHash], [false, true])
        assert.deepEqual(hashes.find(text), expected)
        hashes.remember(text, expected)
        assert.deepEqual(hashes.find(text), expected)
        assert.equal(hashes.find(text.toUpperCase()), /[a-f]/.test(text) ? undefined : expected)
      }),
    )
  })

  test('a token that is none reaches no store; one that is opens nothing that was not issued', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(token, nearMiss, fc.string()), async (text) => {
        const { browser, store, events } = setUp()
        browser.cookie = `session_id=${text}`
        assert.deepEqual(await browser.visit((session) => session.get('a')), {
          vary: 'Cookie',
          cacheControl: 'private',
        })
        const value = text.split(';')[0]?.replace(/^[ \t]+|[ \t]+$/g, '') ?? ''
        const isRead = isExactlyHex(value)
        assert.equal(store.count(), isRead ? 1 : 0)
        assert.deepEqual(events[0], { type: 'rejected', reason: isRead ? 'unknown' : 'malformed' })
        assert.equal(store.rows.size, 0)
      }),
      { numRuns: 300 },
    )
  })

  test('a token matches a stored verifier only when that is the very hash, whatever a store hands out', () => {
    fc.assert(
      fc.property(token, fc.oneof(token, nearMiss, anyValue), (ours, theirs) => {
        assert.equal(isSameHash(ours, ours), true)
        assert.equal(isSameHash(ours, theirs), ours === theirs)
        for (const each of treacherous) assert.equal(isSameHash(ours, each), false)
      }),
    )
  })
})
