import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import * as fc from 'fast-check'
import { syncBuiltinESMExports } from 'node:module'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { hashSecret, hashToken, isSameHash, TokenHashCache } from '../../src/id/hash.ts'
import {
  generateCommitId,
  generateHandle,
  generateToken,
  isToken,
  renewToken,
  selectorOf,
  verifierOf,
} from '../../src/id/token.ts'

const token = 'ab'.repeat(32)

describe('isToken', () => {
  const refused: readonly [string, string][] = [
    ['63 characters', token.slice(1)],
    ['65 characters', `${token}a`],
    ['nothing', ''],
    ['10 MB', 'a'.repeat(10_000_000)],
    ['upper case', token.toUpperCase()],
    ['one letter in upper case', `A${token.slice(1)}`],
    ['a letter beyond f', `g${token.slice(1)}`],
    ['base64url', `-_${token.slice(2)}`],
    ['a 0x prefix', `0x${token.slice(2)}`],
    ['full-width digits', '\uff11'.repeat(64)],
    ['Cyrillic look-alikes', `\u0430${token.slice(1)}`],
    ['a line end at the end', `${token.slice(1)}\n`],
    ['a NUL', `${token.slice(1)}\0`],
    ['a space', ` ${token.slice(1)}`],
    ['a quoted token', `"${token.slice(2)}"`],
    ['a path', '../'.repeat(21) + 'a'],
    ['a pattern', '*'.repeat(64)],
    ['a percent-encoded letter', `%61${token.slice(3)}`],
  ]
  for (const [what, text] of refused) {
    test(`isToken refuses ${what}`, () => assert.equal(isToken(text), false))
  }

  test('isToken accepts 64 characters of 0-9 and a-f, and nothing else', () => {
    const almost = fc.array(fc.constantFrom(...'0123456789abcdefABFg \n-\u0661'), {
      minLength: 62,
      maxLength: 66,
    })
    const text = fc.oneof(
      almost.map((characters) => characters.join('')),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 63, maxLength: 65 }),
      fc.string(),
    )
    fc.assert(
      fc.property(text, (each) => {
        const expected =
          each.length === 64 && [...each].every((character) => '0123456789abcdef'.includes(character))
        assert.equal(isToken(each), expected)
      }),
    )
  })
})

describe('a token', () => {
  test('a token is a token, and another one each time', () => {
    const tokens = new Set(Array.from({ length: 1000 }, generateToken))
    assert.equal(tokens.size, 1000)
    for (const each of tokens) assert.ok(isToken(each))
  })

  test('a token is its selector and its verifier, 16 bytes each', () => {
    assert.equal(selectorOf(token) + verifierOf(token), token)
    assert.equal(selectorOf(token).length, 32)
  })

  test('a token keeps its selector and changes its verifier when renewed', () => {
    const renewed = renewToken(token)
    assert.ok(isToken(renewed))
    assert.equal(selectorOf(renewed), selectorOf(token))
    assert.notEqual(verifierOf(renewed), verifierOf(token))
    assert.notEqual(renewToken(token), renewed)
  })

  test('a token uses all bytes: no position is constant', () => {
    const tokens = Array.from({ length: 200 }, generateToken)
    for (let position = 0; position < 64; position += 1) {
      assert.ok(new Set(tokens.map((each) => each[position])).size > 8)
    }
  })
})

describe('other names', () => {
  test('a handle is 24 hex characters, a commit id 16', () => {
    assert.match(generateHandle(), /^[0-9a-f]{24}$/)
    assert.match(generateCommitId(), /^[0-9a-f]{16}$/)
    assert.notEqual(generateHandle(), generateHandle())
    assert.notEqual(generateCommitId(), generateCommitId())
  })
})

describe('hashSecret', () => {
  test('hashSecret is SHA-256 in lower-case hex', () => {
    assert.equal(hashSecret(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    assert.equal(hashSecret('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

describe('isSameHash', () => {
  test('isSameHash tells equal from unequal', () => {
    assert.equal(isSameHash(hashSecret('a'), hashSecret('a')), true)
    assert.equal(isSameHash(hashSecret('a'), hashSecret('b')), false)
  })

  test('isSameHash refuses another length without throwing', () => {
    assert.equal(isSameHash(hashSecret('a'), ''), false)
    assert.equal(isSameHash('', hashSecret('a')), false)
  })
})

describe('TokenHashCache', () => {
  test('TokenHashCache gives of a token the hashes of its halves, remembered or not', () => {
    const tokens = new TokenHashCache('shop')
    const expected = {
      key: hashSecret(`shop\n${selectorOf(token)}`),
      verifierHash: hashSecret(verifierOf(token)),
    }
    assert.deepEqual(tokens.find(token), expected)
    tokens.remember(token, hashToken('shop', token))
    assert.deepEqual(tokens.find(token), expected)
  })

  test('TokenHashCache gives nothing for what is no token', () => {
    const tokens = new TokenHashCache('shop')
    for (const text of ['', 'x', token.toUpperCase(), `${token}0`]) assert.equal(tokens.find(text), undefined)
  })

  test('TokenHashCache remembers the last 500 at least, and 1000 at most', () => {
    const tokens = new TokenHashCache('shop')
    const all = Array.from({ length: 1501 }, generateToken)
    const hashes = new Map(all.map((each) => [each, hashToken('shop', each)]))
    for (const each of all) tokens.remember(each, hashes.get(each) as ReturnType<typeof hashToken>)
    const known = all.filter((each) => tokens.find(each) === hashes.get(each))
    assert.deepEqual(known, all.slice(-known.length))
    assert.ok(known.length >= 500 && known.length <= 1000, `${known.length} are remembered`)
  })

  test('TokenHashCache shows no token when it is printed', () => {
    const tokens = new TokenHashCache('shop')
    tokens.remember(token, hashToken('shop', token))
    assert.equal(inspect(tokens, { showHidden: true, depth: Infinity }).includes(token), false)
    assert.equal(JSON.stringify(tokens), '{}')
  })
})

test('hashes are compared by the function that takes the same time for all of them', (context) => {
  const spy = context.mock.method(crypto, 'timingSafeEqual')
  syncBuiltinESMExports()
  context.after(syncBuiltinESMExports)
  const hash = hashSecret('a')
  assert.equal(isSameHash(hash, hash), true)
  assert.equal(isSameHash(hash, hashSecret('b')), false)
  assert.equal(spy.mock.callCount(), 2)
})
