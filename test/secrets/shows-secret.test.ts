import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { KnownSecrets } from './known-secrets.ts'
import { partsOf } from './parts-of.ts'
import { showsSecret } from './shows-secret.ts'

// Not issued by the library: these are no secrets to the watch over this very run.
const token = randomBytes(32).toString('hex')
const bytes = Buffer.from(token, 'hex')
const selector = token.slice(0, 32)
const secrets = new KnownSecrets()
secrets.add(token)

const base64 = (value: string | Buffer): string => Buffer.from(value as string).toString('base64')

describe('a secret is found', () => {
  const shown: readonly [how: string, shown: string | Uint8Array][] = [
    ['as it is', token],
    ['as a selector', `x${selector}x`],
    ['as a verifier', token.slice(32)],
    ['among other hex', `0123${selector}abcd`],
    ['in upper case', token.toUpperCase()],
    ['percent-encoded', [...selector].map((each) => `%${each.charCodeAt(0).toString(16)}`).join('')],
    ['percent-encoded in part', selector.replace(/^./, (each) => `%${each.charCodeAt(0).toString(16)}`)],
    ['as a text in base64', base64(selector)],
    ['in a text in base64', base64(`{"token":"${token}"}`)],
    ['as bytes in base64', base64(bytes)],
    ['as half its bytes in base64url', bytes.subarray(16).toString('base64url')],
    ['in base64 behind a letter', `a${base64(bytes)}`],
    [
      'in base64, percent-encoded',
      base64(`?${token}`).replaceAll(/./g, (each) => `%${each.charCodeAt(0).toString(16)}`),
    ],
    ['as bytes', new Uint8Array(bytes)],
    [
      'as bytes among others',
      Buffer.concat([Buffer.from('before'), bytes.subarray(16), Buffer.from('after')]),
    ],
    ['as the bytes of its text', new TextEncoder().encode(`{"token":"${token}"}`)],
  ]
  for (const [how, each] of shown) {
    test(how, () => assert.equal(showsSecret(secrets, each), true))
  }
})

describe('no secret is found', () => {
  const shown: readonly [what: string, shown: string | Uint8Array][] = [
    ['in 31 of its 32 characters', selector.slice(1)],
    ['in two lines', `${selector.slice(0, 16)}\n${selector.slice(16)}`],
    ['in other hex', randomBytes(1000).toString('hex')],
    ['in other base64', randomBytes(1000).toString('base64')],
    ['in other bytes', randomBytes(1000)],
    ['in nothing', ''],
  ]
  for (const [what, each] of shown) {
    test(what, () => assert.equal(showsSecret(secrets, each), false))
  }
})

test('the newest secrets are known, however many there were', () => {
  const few = new KnownSecrets(200)
  const tokens = Array.from({ length: 1000 }, () => randomBytes(32).toString('hex'))
  for (const each of tokens) few.add(each)
  const known = tokens.filter((each) => showsSecret(few, each))
  assert.deepEqual(known, tokens.slice(-known.length))
  assert.ok(known.length >= 50 && known.length <= 100, `${known.length} are known`)
  assert.equal(few.count, 1000)
})

test('all texts of a value are looked at: names, elements, what is hidden, and what caused an error', () => {
  const round: Record<string, unknown> = {
    name: ['element', new Set(['member']), new Map([['key', 'value']])],
  }
  round['self'] = round
  Object.defineProperty(round, 'hidden', { value: 'secret', enumerable: false })
  const error = new Error('message', { cause: new Error('cause', { cause: round }) })
  const parts = new Set(partsOf([undefined, null, 1, error]))
  for (const part of ['message', 'cause', 'name', 'element', 'member', 'key', 'value', 'hidden', 'secret']) {
    assert.ok(parts.has(part), part)
  }
})
