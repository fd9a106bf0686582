import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { SessionDecodeError } from '../../src/contract/errors.ts'
import type { NodeRedisClient } from '../../src/stores/redis.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { decodeListed, decodeRecord, encodeRecord } from '../../src/stores/redis/redis-record-text.ts'
import { sampleOwner, sampleRecord } from '../../src/testing/sample-record.ts'

const now = 1_800_000_000_000
const key = 'a'.repeat(64)
const full = sampleRecord(now, {
  key,
  userId: 'ann "\n" 🎟️',
  details: 'Firefox\non a phone',
  previousVerifierHash: 'b'.repeat(64),
  graceUntil: now + 1,
  authenticatedAt: now,
  rotatedAt: now + 2,
  lifetimes: 'own',
  data: '{"secret":"\\n"}\n\n1 2 3\n',
})
const text = encodeRecord(full)
const listedAs = { key, handle: full.handle, owner: full.owner ?? '', endsAt: full.endsAt }
const [head = '', origin = '', state = ''] = text.split('\n')

describe('a record as a value of Redis', () => {
  test('a record as a value of Redis comes back as it was', () => {
    assert.deepEqual(decodeRecord(text, key), full)
    const bare = sampleRecord(now, { key, data: '' })
    assert.deepEqual(decodeRecord(encodeRecord(bare), key), bare)
  })

  test('a record as a value of Redis comes back as it was, whatever its texts and numbers are', () => {
    const instant = fc.integer({ min: 0, max: 8.64e15 })
    const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    const records = fc.record({
      data: fc.string({ unit: 'grapheme' }),
      userId: words,
      details: words,
      handle: words,
      commitIds: fc.array(words, { minLength: 1, maxLength: 16 }),
      lastSeenAt: instant,
      idleExpiresAt: instant,
      version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).filter((version) => version <= 8.64e15),
    })
    fc.assert(
      fc.property(records, (parts) => {
        const record = sampleRecord(now, { key, ...parts })
        assert.deepEqual(decodeRecord(encodeRecord(record), key), record)
      }),
    )
  })

  test('a record as a value of Redis takes nothing from a polluted prototype', () => {
    const bare = sampleRecord(now, { key })
    // oxlint-disable-next-line eslint/no-extend-native -- The attack itself, undone below.
    Object.defineProperty(Object.prototype, 'userId', { value: 'mallory', configurable: true })
    try {
      assert.equal(Object.hasOwn(decodeRecord(encodeRecord(bare), key), 'userId'), false)
      assert.doesNotMatch(encodeRecord(bare), /mallory/)
    } finally {
      Reflect.deleteProperty(Object.prototype, 'userId')
    }
  })

  const damages: Readonly<Record<string, unknown>> = {
    'no text': Buffer.from(text),
    'a number': 7,
    'an empty text': '',
    'the record as plain JSON': JSON.stringify(full),
    'its first line alone': `${head}\n`,
    'no data': [head, origin, state].join('\n'),
    'a line too many at the start': `\n${text}`,
    'another layout': text.replace(/^2 /, '1 '),
    'a padded layout': text.replace(/^2 /, '02 '),
    'a padded version': text.replace(/^2 1 /, '2 01 '),
    'version 0': text.replace(/^2 1 /, '2 0 '),
    'a negative version': text.replace(/^2 1 /, '2 -1 '),
    'an instant that is not padded': text.replace(` 000${now}`, ` ${now}`),
    'an end beyond the calendar': text.replace(` ${full.endsAt} `, ' 9999999999999999 '),
    'an end before the start': text.replace(` ${full.endsAt} `, ` ${now - 1} `),
    'another newest commit id': text.replace(full.commitIds[0] ?? '', 'f'.repeat(16)),
    'carriage returns': text.replaceAll('\n', '\r\n'),
    'lines in another order': [head, state, origin, full.data].join('\n'),
    'an unknown property': text.replace('{"verifierHash"', '{"isAdmin":true,"verifierHash"'),
    'a property twice': text.replace('{"verifierHash"', '{"verifierHash":"x","verifierHash"'),
    'a property that belongs elsewhere': text.replace('{"verifierHash"', '{"endsAt":1,"verifierHash"'),
    'a user id that is a number': text.replace(JSON.stringify(full.userId), '7'),
    'an empty user id': text.replace(JSON.stringify(full.userId), '""'),
    'no verifier': text.replace('"verifierHash"', '"verifier"'),
    'a verifier that is null': text.replace(`"${full.verifierHash}"`, 'null'),
    'commit ids that are not texts': text.replace('"commitIds":[', '"commitIds":[1,'),
    'no owner': text.replace(` ${full.owner}\n`, ' \n'),
    'an owner that is no word': text.replace(` ${full.owner}\n`, ' %\n'),
    'an owner of nobody': text.replace(`"userId":${JSON.stringify(full.userId)},`, ''),
    'other lifetimes': text.replace('"lifetimes":"own"', '"lifetimes":"long"'),
    'an array instead of an object': [head, '[]', state, ''].join('\n'),
    'null instead of an object': [head, origin, 'null', ''].join('\n'),
    'white space': text.replace('{"handle"', '{ "handle"'),
    'a format that is text': text.replace('"format":2', '"format":"2"'),
    'a prototype': text.replace('{"verifierHash"', '{"__proto__":{"userId":"x"},"verifierHash"'),
  }
  for (const [name, damaged] of Object.entries(damages)) {
    test(`a record as a value of Redis is refused with ${name}, without being quoted`, () => {
      assert.notEqual(damaged, text)
      assert.throws(
        () => decodeRecord(damaged, key),
        (error) => {
          assert.ok(error instanceof SessionDecodeError)
          for (const secret of ['secret', 'ann', 'Firefox', full.verifierHash])
            assert.ok(!inspect(error).includes(secret))
          return true
        },
      )
      const listed = decodeListed(damaged, listedAs)
      assert.ok(listed === undefined || listed.format === 0)
    })
  }

  test('a record as a value of Redis of a later format keeps it, and the manager refuses it', () => {
    const later = sampleRecord(now, { key, format: 3 })
    assert.equal(decodeRecord(encodeRecord(later), key).format, 3)
  })

  test('a record as a value of Redis that is damaged is listed for its user only, with its handle', () => {
    const damaged = text.replace('{"verifierHash"', '{"isAdmin":true,"verifierHash"')
    const { handle, owner, endsAt } = full
    assert.deepEqual(decodeListed(damaged, listedAs), { key, handle, owner, endsAt, format: 0 })
    const others = { ...listedAs, owner: sampleOwner('somebody else') }
    assert.equal(decodeListed(damaged, others), undefined)
    assert.equal(decodeListed(text, others), undefined)
  })

  test('a record as a value of Redis is refused when its data cannot be sent as UTF-8', async () => {
    const client: NodeRedisClient = { get: answerOne, evalSha: answerOne, eval: answerOne }
    const record = sampleRecord(now, { data: '"\ud83c"' })
    await assert.rejects(async () => redisStore(client).create(record, now), TypeError)
    await assert.rejects(
      async () => redisStore(client).commit(key, { version: 1, commitId: '' }, record, now),
      TypeError,
    )
  })
})

async function answerOne(): Promise<unknown> {
  return 1
}
