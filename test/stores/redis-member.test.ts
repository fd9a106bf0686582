import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import {
  comparePositions,
  decodeMember,
  encodeMember,
  positionAfter,
} from '../../src/stores/redis/redis-member.ts'
import { randomHex } from '../../src/testing/sample-record.ts'

describe('a member of a user’s set', () => {
  test('a member of a user’s set is short enough for the compact encoding of small sets', () => {
    assert.equal(encodeMember(randomHex(12), randomHex(32)).length, 59)
  })

  test('a member of a user’s set holds handle and key, whatever they are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '\\"', '', 'f'.repeat(24), 'F'.repeat(64)),
    )
    fc.assert(
      fc.property(text, text, (handle, key) => {
        const { handle: ownHandle, key: ownKey } = decodeMember(encodeMember(handle, key))
        assert.deepEqual([ownHandle, ownKey], [handle, key])
      }),
    )
    const [handle, key] = [randomHex(12), randomHex(32)]
    const text2 = encodeMember(handle, key)
    assert.deepEqual(decodeMember(text2), { text: text2, handle, key })
  })

  test('a member of a user’s set stands before the position after its handle, and one that ends later behind it', () => {
    for (const handle of [randomHex(12), 'a "handle"', '']) {
      const text = encodeMember(handle, randomHex(32))
      const after = positionAfter({ handle, endsAt: 5 })
      assert.ok(comparePositions({ score: 5, text }, after) < 0)
      assert.ok(comparePositions({ score: 6, text }, after) > 0)
    }
    assert.ok(comparePositions({ score: 0, text: '' }, positionAfter(undefined)) > 0)
  })
})
