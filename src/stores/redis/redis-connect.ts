// Connects the store with a client, whichever driver it is from. What a server refuses for a moment, without having
// begun it, is asked again: the rebalancing of a Cluster, an election or a long script must not become an error
// page. What may have been executed is never sent again from here.

import { createClientError, createOptionError, hearErrors } from '../../options.ts'
import type { IoredisClient, NodeRedisClient, RedisClient } from './redis-client.ts'
import { connectIoredis, connectNodeRedis } from './redis-connection.ts'
import type { RedisConnection, ScriptRunner } from './redis-connection.ts'
import { decodeBytes } from './redis-replies.ts'

/** The parts of a client that are checked and not called. */
interface ClientTraits {
  readonly get?: unknown
  readonly eval?: unknown
  readonly evalSha?: unknown
  readonly evalsha?: unknown
  readonly _keyPrefix?: unknown
  readonly options?: {
    readonly keyPrefix?: unknown
    readonly redisOptions?: { readonly keyPrefix?: unknown }
  }
}

/** For how long a command is repeated, in milliseconds: less than a manager waits for a verb by default. */
const patience = 1500

/** The first pause at its longest; each further one is twice as long, up to `longestPause`. In milliseconds. */
const firstPause = 20
const longestPause = 320

/**
 * Refusals that pass: keys of one command on their way to another master, a Cluster in an election, a server that reads
 * its file, a replica without its master, and one that runs another script.
 */
const passing = /^(?:TRYAGAIN|CLUSTERDOWN|LOADING|MASTERDOWN|BUSY)\b/

/**
 * Redis adds this to what a command inside of a script was refused with, and then the script had begun.
 * Redis 6 begins such an error with ERR.
 */
const insideScript = /\bscript: [0-9a-f]{40}\b/

/**
 * Recognizes the driver of a client.
 *
 * @throws {@link SessionConfigError} for anything else, and for a client that adds a prefix of its own.
 */
export function connect(client: RedisClient): RedisConnection {
  const traits = Object(client) as ClientTraits
  const canEvaluate = typeof traits.get === 'function' && typeof traits.eval === 'function'
  const isNodeRedis = canEvaluate && typeof traits.evalSha === 'function'
  if (!isNodeRedis && !(canEvaluate && typeof traits.evalsha === 'function')) {
    throw createClientError('redisStore', client, 'a client of node-redis or ioredis')
  }
  refuseKeyPrefix(traits)
  hearErrors(client)
  const connection = isNodeRedis
    ? connectNodeRedis(client as NodeRedisClient)
    : connectIoredis(client as IoredisClient)
  return {
    isCluster: connection.isCluster,
    get: async (key) => decodeBytes(await repeatRefused(() => connection.get(key))),
    run: improve(connection).run,
    async findMasters() {
      const masters = await connection.findMasters()
      return new Map([...masters].map(([address, runner]) => [address, improve(runner)]))
    },
  }
}

/** The same, with what passes repeated and all answers as text. */
function improve(runner: ScriptRunner): ScriptRunner {
  return {
    run: async (script, keys, parameters) =>
      decodeBytes(await repeatRefused(() => runner.run(script, keys, parameters))),
  }
}

/** Drivers add such a prefix to keys but not to the patterns of SCAN, and an enumeration would be empty. */
function refuseKeyPrefix({ _keyPrefix, options }: ClientTraits): void {
  const prefix = _keyPrefix ?? options?.keyPrefix ?? options?.redisOptions?.keyPrefix ?? ''
  if (prefix === '') return
  throw createOptionError(
    "the client's keyPrefix",
    prefix,
    'none: give the store its own with its option prefix, or give it a client of its own',
  )
}

/** Sends a command, and again after growing random pauses while the server says that it cannot begin it yet. */
async function repeatRefused<Reply>(send: () => Promise<Reply>): Promise<Reply> {
  const start = performance.now()
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    try {
      return await send()
    } catch (error) {
      if (!isPassing(error) || performance.now() - start + pause > patience) throw error
    }
    await wait(pause * (0.5 + Math.random() / 2))
  }
}

/** Whether the server has refused to begin, and may soon not. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && passing.test(error.message) && !insideScript.test(error.message)
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds))
}
