import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NodeRedisClient } from '../../src/stores/redis.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'

const now = 1_800_000_000_000

/** Answers one command after another with these errors, and then with 1. */
function refuse(messages: readonly string[]): { client: NodeRedisClient; count(): number } {
  let sent = 0
  const answer = async (): Promise<unknown> => {
    const message = messages[sent]
    sent += 1
    if (message !== undefined) throw new Error(message)
    return 1
  }
  return { client: { get: answer, eval: answer, evalSha: answer }, count: () => sent }
}

const passing = [
  'TRYAGAIN Multiple keys request during rehashing of slot',
  'CLUSTERDOWN The cluster is down',
  'LOADING Redis is loading the dataset in memory',
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
]

describe('what a server refuses for a moment', () => {
  test('what a server refuses for a moment is asked again, until it is done', async () => {
    for (const message of passing) {
      const { client, count } = refuse([message, message])
      assert.equal(await redisStore(client).create(sampleRecord(now), now), true)
      assert.equal(count(), 3, message)
    }
  })

  test('what a server refuses for a moment is given up within the time that a manager waits', async () => {
    const { client, count } = refuse(Array.from({ length: 1000 }, () => passing[0] ?? ''))
    await assert.rejects(async () => redisStore(client).create(sampleRecord(now), now), /TRYAGAIN/)
    assert.ok(count() > 3 && count() < 100, `${count()} times`)
  })

  test('what a server refuses for a moment is not asked again when it may have been executed, or will not pass', async () => {
    for (const message of [
      'Socket closed unexpectedly',
      'OOM command not allowed when used memory > maxmemory',
      'READONLY You cannot write against a read only replica.',
      `TRYAGAIN in the midst, script: ${'a'.repeat(40)}, on @user_script:1.`,
      'ERR Error running script: BUSY',
      'a TRYAGAIN within',
    ]) {
      const { client, count } = refuse([message])
      await assert.rejects(async () => redisStore(client).create(sampleRecord(now), now))
      assert.equal(count(), 1, message)
    }
  })
})
