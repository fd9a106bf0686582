// What the store does with a client, whichever driver it is from.

import { createClientError, createOptionError } from '../../options.ts'
import type { IoredisClient, NodeRedisClient, RedisClient } from './redis-client.ts'
import { connectIoredis } from './ioredis-connection.ts'
import { connectNodeRedis } from './node-redis-connection.ts'
import { repeatRefused } from './redis-repeat-refused.ts'
import { decodeBytes } from './redis-replies.ts'
import type { Script } from './redis-script.ts'

/** Something that runs scripts, on the server that has the keys. */
export interface ScriptRunner {
  /** Runs a script on a master, never on a replica. */
  run(script: Script, keys: readonly string[], parameters: readonly string[]): Promise<unknown>
}

/** A client, as the store uses it. */
export interface RedisConnection extends ScriptRunner {
  /** Whether the client says that it is one of a Cluster. */
  readonly isCluster: boolean
  /** The value of a key by a plain GET, which a driver may answer from its cache. */
  get(key: string): Promise<unknown>
  /** Every master by its address, in the order of addresses; just one without a Cluster. Not connected: none. */
  findMasters(): Promise<ReadonlyMap<string, ScriptRunner>>
}

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

/** What an event emitter has. */
interface Emitter {
  listenerCount?(event: string): number
  on?(event: string, listener: () => void): unknown
}

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
  hearErrors(client as Emitter)
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

/**
 * An emitter without a listener for `error` throws, which would end the process with each lost
 * connection. The errors that matter come back through the verbs.
 */
function hearErrors(client: Emitter): void {
  if (client.listenerCount?.('error') === 0) client.on?.('error', () => {})
}
