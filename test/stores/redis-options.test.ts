import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { SessionConfigError } from '../../src/contract/errors.ts'
import type { NodeRedisClient } from '../../src/stores/redis.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'

const now = 1_800_000_000_000

interface Sent {
  readonly keys: readonly string[]
}

/** Takes what the store sends, and answers nothing useful: for tests of names only. */
function createRecorder(sent: Sent[]): NodeRedisClient {
  const record = async ({ keys }: Sent): Promise<unknown> => {
    sent.push({ keys })
    return 1
  }
  return {
    get: async (key) => void sent.push({ keys: [key] }),
    evalSha: (_sha1, parameters) => record(parameters),
    eval: (_text, parameters) => record(parameters),
  }
}

describe('the options of redisStore', () => {
  test('a prefix is part of every key, and nothing that Redis interprets', async () => {
    const sent: Sent[] = []
    const store = redisStore(createRecorder(sent), { prefix: 'shop:1_a.b-' })
    await store.read('k', now)
    await store.create(sampleRecord(now, { key: 'k', userId: 'ann', owner: 'ann{b}:c%' }), now)
    assert.deepEqual(sent, [
      { keys: ['shop:1_a.b-session:k'] },
      { keys: ['shop:1_a.b-session:k', 'shop:1_a.b-user:{ann%7Bb%7D%3Ac%25}'] },
    ])
    for (const prefix of ['', 'a{b}', 'a*', 'a b', 'ä', 'a\n', 'x'.repeat(65), 7, null]) {
      assert.throws(
        () => redisStore(createRecorder([]), { prefix: prefix as string }),
        (error) => error instanceof SessionConfigError && /redisStore\.prefix/.test(error.message),
      )
    }
  })

  test('the user index and the epoch of a user are in one slot, apart from the session', async () => {
    const sent: Sent[] = []
    const store = redisStore(createRecorder(sent), { cluster: true })
    await store.create(sampleRecord(now, { key: 'k', userId: 'u', owner: 'o' }), now)
    const ofOwner = ['user', 'epoch', 'recent', 'ending'].map((name) => `coatcheck:${name}:{o}`)
    assert.deepEqual(sent, [{ keys: ofOwner }, { keys: ['coatcheck:session:k'] }, { keys: ofOwner }])
  })

  test('unknown options, and others than true and false for cluster, are refused', () => {
    assert.throws(() => redisStore(createRecorder([]), { cluster: 'yes' as unknown as boolean }), /cluster/)
    assert.throws(() => redisStore(createRecorder([]), { ttl: 5 } as object), /ttl: unknown option/)
  })

  test('anything but a client is refused', () => {
    const address = 'redis://:secret@localhost'
    const others: unknown[] = [undefined, null, address, {}, { get() {}, eval() {} }, new Map()]
    for (const other of others) {
      assert.throws(
        () => redisStore(other as NodeRedisClient),
        (error) =>
          error instanceof SessionConfigError &&
          /^redisStore: received \w+; allowed is .*node-redis or ioredis$/.test(error.message),
      )
    }
  })

  test('a client with a prefix of its own is refused: an enumeration would find nothing', () => {
    const keyPrefix = 'app:'
    const clients = [
      createClient({ keyPrefix }),
      createClientPool({ keyPrefix }),
      createCluster({ rootNodes: [], keyPrefix }),
      createSentinel({ name: 'm', sentinelRootNodes: [], keyPrefix }),
      new Redis({ lazyConnect: true, keyPrefix }),
      new Cluster([], { lazyConnect: true, keyPrefix }),
      new Cluster([], { lazyConnect: true, redisOptions: { keyPrefix } }),
    ]
    for (const client of clients) assert.throws(() => redisStore(client), /keyPrefix: received 'app:'/)
  })

  test('a client without a listener for errors gets one, and only then', () => {
    const clients = [
      createClient(),
      createClientPool(),
      createCluster({ rootNodes: [] }),
      createSentinel({ name: 'm', sentinelRootNodes: [] }),
      new Redis({ lazyConnect: true }),
      new Cluster([], { lazyConnect: true }),
    ]
    for (const client of clients) {
      redisStore(client)
      redisStore(client)
      assert.equal(client.listenerCount('error'), 1)
      assert.doesNotThrow(() => client.emit('error', new Error('lost')))
    }
    const heard = createClient().on('error', () => {})
    redisStore(heard)
    assert.equal(heard.listenerCount('error'), 1)
  })
})
