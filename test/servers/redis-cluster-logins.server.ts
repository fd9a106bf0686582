import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SessionConflictError } from '../../src/contract/errors.ts'
import type { NodeRedisClient } from '../../src/stores/redis/redis-client.ts'
import { redisStore } from '../../src/stores/redis.ts'
import type { RedisStore } from '../../src/stores/redis.ts'
import {
  expectationOf,
  randomHex,
  sampleChange,
  sampleOwner,
  sampleRecord,
} from '../../src/testing/sample-record.ts'
import type { RunningEngine } from './engine.ts'
import { missing } from './engines.ts'
import { clusterEngines, startRedisCluster } from './redis-cluster.ts'
import { askMaster } from './redis/ask-master.ts'
import { Choices, CommandGate } from './redis/gated-client.ts'
import { endAll } from './redis/end-all.ts'
import { loadScripts } from './redis/load-scripts.ts'
import { connectors } from './redis/open-redis.ts'
import { until } from './until.ts'

// In a Cluster a login takes several commands. Every order of these and of those of a revocation is run.

interface Scene {
  readonly kind: Login
  readonly userId: string
  readonly key: string
  /** Logs in through a store; resolves to what the verb answered. */
  login(store: RedisStore): Promise<boolean>
}

type Login = 'a login on an anonymous session' | 'a session that is created with its user'

const now = Date.now()
const [engine] = clusterEngines
let running: RunningEngine
let client: NodeRedisClient
let disconnect: () => void
let plain: RedisStore

describe('a login in a Redis Cluster', { skip: engine ? missing(engine) : 'no engine' }, () => {
  before(async () => {
    running = await startRedisCluster()
    const connected = await connectors['redis-cluster node-redis'](running.address)
    client = connected.client
    disconnect = connected.disconnect
    plain = redisStore(connected.client)
    await loadScripts(running)
  })
  after(async () => {
    disconnect?.()
    await running?.stop()
  })

  for (const kind of [
    'a login on an anonymous session',
    'a session that is created with its user',
  ] as const) {
    test(`${kind}, against revokeAll: in every order all answered sessions are revoked`, async (context) => {
      let runs = 0
      let revoked = 0
      let choices: Choices | undefined = new Choices()
      while (choices) {
        const outcome = await runAgainstRevocation(await prepare(kind), choices)
        if (outcome === 'revoked') revoked += 1
        runs += 1
        choices = choices.next()
      }
      context.diagnostic(`${runs} orders, in ${revoked} of them the login failed`)
      assert.ok(runs >= 10 && revoked > 0, `${runs} orders, ${revoked} failed`)
    })

    test(`${kind}, while it is listed by another: in every order it stays listed`, async (context) => {
      let runs = 0
      let choices: Choices | undefined = new Choices()
      while (choices) {
        await runAgainstList(await prepare(kind), choices)
        runs += 1
        choices = choices.next()
      }
      context.diagnostic(`${runs} orders`)
      assert.ok(runs >= 7, `${runs} orders`)
    })

    test(`${kind}, ended by a crash after each step: what is left is listed and can be revoked`, async () => {
      for (let steps = 0; steps < 5; steps += 1) {
        const scene = await prepare(kind)
        const gate = new CommandGate()
        const login = scene.login(redisStore(gate.guard('login', client), { cluster: true }))
        login.catch(() => {})
        for (let step = 0; step < steps && (await gate.settle()).length > 0; step += 1) await gate.sendAt(0)
        await assertListed(scene)
        await endAll(plain, scene.userId, now)
        assert.equal((await plain.readUncached(scene.key, now))?.userId, undefined)
        // The rest of its commands arrive after all, as from a driver's queue. A login that had no place
        // yet only begins now.
        while ((await gate.settle()).length > 0) await gate.sendAt(0)
        await assertListed(scene)
        const hadPlace = steps > stepsBefore(scene)
        if (hadPlace) assert.equal((await plain.readUncached(scene.key, now))?.userId, undefined)
      }
    })
  }

  test('a login whose write was applied without an answer succeeds, confirmed and once', async () => {
    const scene = await prepare('a login on an anonymous session')
    const scripts: string[] = []
    const losing = loseAnswer(client, scripts, 3)
    assert.equal(await scene.login(redisStore(losing, { cluster: true })), true)
    assert.equal((await plain.readUncached(scene.key, now))?.version, 2)
    // Try, reserve, write, write again, read, confirm.
    assert.equal(scripts.length, 6)
  })

  for (const kind of [
    'a login on an anonymous session',
    'a session that is created with its user',
  ] as const) {
    test(`${kind}, which a driver sends twice by itself: it is confirmed all the same`, async () => {
      for (const isRevoked of [false, true]) {
        const scene = await prepare(kind)
        let scripts = 0
        const repeating: NodeRedisClient = {
          get: (key) => client.get(key),
          eval: (script, parameters) => client.eval(script, parameters),
          async evalSha(sha1, parameters) {
            scripts += 1
            const isWrite = scripts === stepsBefore(scene) + 2
            if (isWrite && isRevoked) await endAll(plain, scene.userId, now)
            if (isWrite) await client.evalSha(sha1, parameters)
            return client.evalSha(sha1, parameters)
          },
        }
        const login = scene.login(redisStore(repeating, { cluster: true }))
        // The answer is that of the second time: the manager reads the record, and finds its own commit.
        if (!isRevoked) assert.equal(await login, false)
        else
          await assert.rejects(
            login,
            (error) => error instanceof SessionConflictError && error.reason === 'revoked',
          )
        assert.equal((await plain.readUncached(scene.key, now))?.userId, isRevoked ? undefined : scene.userId)
        await assertListed(scene)
      }
    })
  }

  test('a session whose creation was applied without an answer is found, and not created again', async () => {
    const scene = await prepare('a session that is created with its user')
    const scripts: string[] = []
    assert.equal(await scene.login(redisStore(loseAnswer(client, scripts, 2), { cluster: true })), true)
    // Reserve, write, read, confirm.
    assert.equal(scripts.length, 4)
    await assertListed(scene)
  })

  test('a session whose creation was lost on the way is not created later by a second attempt', async () => {
    const scene = await prepare('a session that is created with its user')
    let scripts = 0
    const dropping: NodeRedisClient = {
      get: (key) => client.get(key),
      eval: (script, parameters) => client.eval(script, parameters),
      async evalSha(sha1, parameters) {
        scripts += 1
        if (scripts === 2) throw new Error('the connection was lost')
        return client.evalSha(sha1, parameters)
      },
    }
    const login = scene.login(redisStore(dropping, { cluster: true }))
    await assert.rejects(
      login,
      (error) => error instanceof SessionConflictError && error.reason === 'outcome-unknown',
    )
    assert.equal(await plain.readUncached(scene.key, now), undefined)
  })

  test('a login whose confirmation gets no answer fails for good, and leaves no session', async () => {
    const scene = await prepare('a login on an anonymous session')
    const login = scene.login(redisStore(loseAnswer(client, [], 4), { cluster: true }))
    await assert.rejects(
      login,
      (error) => error instanceof SessionConflictError && error.reason === 'outcome-unknown',
    )
    assert.equal(await plain.readUncached(scene.key, now), undefined)
  })

  test('a confirmed login is no reservation any more: once its record is gone, a list takes it out', async () => {
    for (const kind of [
      'a login on an anonymous session',
      'a session that is created with its user',
    ] as const) {
      const scene = await prepare(kind)
      await scene.login(plain)
      const members = (): Promise<string[]> =>
        askMaster(running, ['ZRANGE', `coatcheck:user:{${sampleOwner(scene.userId)}}`, '0', '-1'])
      assert.equal((await members()).length, 1)
      await askMaster(running, ['DEL', `coatcheck:session:${scene.key}`])
      assert.deepEqual(await plain.listByUser(sampleOwner(scene.userId), { limit: 9 }, now), [])
      await until(async () => (await members()).length === 0, 'it was taken out')
    }
  })

  test('a commit that changes neither the user nor the end for later takes one command', async () => {
    const scene = await prepare('a session that is created with its user')
    await scene.login(plain)
    const scripts: string[] = []
    const store = redisStore(loseAnswer(client, scripts, 0), { cluster: true })
    const record = await plain.readUncached(scene.key, now)
    assert.ok(record)
    assert.equal(
      await store.commit(scene.key, expectationOf(record), sampleChange(record, { data: '1' }), now),
      true,
    )
    assert.equal(scripts.length, 1)
  })
})

/** A user, a session, and how to log in on it. */
async function prepare(kind: Login): Promise<Scene> {
  const userId = `u_${randomHex(6)}`
  const record = sampleRecord(now)
  if (kind === 'a session that is created with its user')
    return {
      kind,
      userId,
      key: record.key,
      login: (store) => asPromise(store.create({ ...record, userId, owner: sampleOwner(userId) }, now)),
    }
  await plain.create(record, now)
  const change = sampleChange(record, { userId, endsAt: record.endsAt + 1000 })
  return {
    kind,
    userId,
    key: record.key,
    login: (store) => asPromise(store.commit(record.key, expectationOf(record), change, now)),
  }
}

async function runAgainstRevocation(scene: Scene, choices: Choices): Promise<'saved' | 'revoked'> {
  const gate = new CommandGate()
  const state = { login: 'running', answeredBefore: false, hasBegun: false }
  const login = scene.login(redisStore(gate.guard('login', client), { cluster: true })).then(
    (isSaved) => {
      assert.equal(isSaved, true)
      state.login = 'saved'
      state.answeredBefore = !state.hasBegun
    },
    (error: unknown) => {
      assert.ok(error instanceof SessionConflictError && error.reason === 'revoked', String(error))
      state.login = 'revoked'
    },
  )
  const revoking = redisStore(gate.guard('revocation', client), { cluster: true })
  const revocation = endAll(revoking, scene.userId, now)
  let actors = await gate.settle()
  while (actors.length > 0) {
    const index = choices.choose(actors.length)
    if (actors[index] === 'revocation') state.hasBegun = true
    await gate.sendAt(index)
    actors = await gate.settle()
  }
  await login
  await revocation
  const isAlive = (await plain.readUncached(scene.key, now))?.userId === scene.userId
  const order = gate.sent.join(' ')
  if (state.answeredBefore)
    assert.equal(isAlive, false, `answered before the revocation, and alive: ${order}`)
  if (state.login === 'revoked') assert.equal(isAlive, false, `refused, and alive: ${order}`)
  await assertListed(scene)
  // The only session that may be left is one whose login began to reserve after the revocation had begun.
  if (isAlive) {
    assert.equal(state.login, 'saved', order)
    const reservation = gate.sent.flatMap((actor, index) => (actor === 'login' ? [index] : []))[
      stepsBefore(scene)
    ]
    assert.ok((reservation ?? 0) > gate.sent.indexOf('revocation'), `a revoked login is alive: ${order}`)
  }
  return state.login === 'revoked' ? 'revoked' : 'saved'
}

async function runAgainstList(scene: Scene, choices: Choices): Promise<void> {
  const gate = new CommandGate()
  const login = scene.login(redisStore(gate.guard('login', client), { cluster: true }))
  const list = redisStore(gate.guard('list', client), { cluster: true }).listByUser(
    sampleOwner(scene.userId),
    { limit: 9 },
    now,
  )
  for (let actors = await gate.settle(); actors.length > 0; actors = await gate.settle())
    await gate.sendAt(choices.choose(actors.length))
  assert.equal(await login, true)
  await list
  assert.equal((await plain.readUncached(scene.key, now))?.userId, scene.userId, gate.sent.join(' '))
  await assertListed(scene)
}

/** How many commands a login sends before it reserves: a commit tries first whether it has to. */
function stepsBefore({ kind }: Scene): number {
  return kind === 'a login on an anonymous session' ? 1 : 0
}

/** No session of the user is alive that a list does not show. */
async function assertListed({ userId, key }: Scene): Promise<void> {
  const isTheirs = (await plain.readUncached(key, now))?.userId === userId
  const keys = (await plain.listByUser(sampleOwner(userId), { limit: 9 }, now)).map((record) => record.key)
  assert.deepEqual(keys, isTheirs ? [key] : [])
}

/** Sends every script, and says of one of them, counted from 1, that its connection was lost. */
function loseAnswer(target: NodeRedisClient, scripts: string[], lost: number): NodeRedisClient {
  return {
    get: (key) => target.get(key),
    eval: (script, parameters) => target.eval(script, parameters),
    async evalSha(sha1, parameters) {
      scripts.push(sha1)
      const isLost = scripts.length === lost
      const answer = await target.evalSha(sha1, parameters)
      if (isLost) throw new Error('the connection was lost')
      return answer
    },
  }
}

async function asPromise<Value>(value: Value | Promise<Value>): Promise<Value> {
  return value
}
