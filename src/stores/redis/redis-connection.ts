// What the store does with a client, and how each driver does it. Which driver a client is from: redis-connect.ts.

import type { IoredisClient, NodeRedisClient } from './redis-client.ts'
import { runScript } from './redis-script.ts'
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

/** A connection to one server of a Cluster. */
interface IoredisNode extends IoredisClient {
  readonly options: { readonly host?: string; readonly port?: number }
}

/** What `new Cluster` has besides. */
interface IoredisCluster extends IoredisClient {
  nodes(role: 'master'): readonly IoredisNode[]
}

/** What ioredis adds to its errors. */
interface IoredisError extends Error {
  command?: unknown
  lastNodeError?: unknown
}

/** What `createCluster` returns has besides. */
interface NodeRedisCluster extends NodeRedisClient {
  readonly masters: readonly { readonly address: string }[]
  nodeClient(master: { readonly address: string }): Promise<NodeRedisClient>
}

/** Uses a client of ioredis: a single one, possibly behind Sentinel, or a Cluster. */
export function connectIoredis(client: IoredisClient): RedisConnection {
  const isCluster = (client as { readonly isCluster?: unknown }).isCluster === true
  const runner = createIoredisRunner(client)
  return {
    isCluster,
    get: (key) => hideArguments(async () => client.get(key)),
    run: runner.run,
    async findMasters() {
      if (!isCluster) return new Map([['', runner]])
      // A client that connects at its first command knows no servers before.
      if ((client as IoredisCluster).nodes('master').length === 0) await client.get('')
      const nodes = (client as IoredisCluster).nodes('master')
      const runners = nodes.map((node) => [addressOf(node), createIoredisRunner(node)] as const)
      return new Map(runners.toSorted(([one], [other]) => (one < other ? -1 : 1)))
    },
  }
}

function createIoredisRunner(client: IoredisClient): ScriptRunner {
  return {
    run: (script, keys, parameters) =>
      hideArguments(() =>
        runScript(
          script,
          async (sha1) => client.evalsha(sha1, keys.length, ...keys, ...parameters),
          async (text) => client.eval(text, keys.length, ...keys, ...parameters),
        ),
      ),
  }
}

/** ioredis keeps the arguments of a failed command on the error, and those are session data. */
async function hideArguments(send: () => Promise<unknown>): Promise<unknown> {
  try {
    return await send()
  } catch (error) {
    removeCommand(error)
    throw error
  }
}

/** Removes it from the error, and from the one it wraps. */
function removeCommand(error: unknown): void {
  if (!(error instanceof Error)) return
  delete (error as IoredisError).command
  removeCommand((error as IoredisError).lastNodeError)
}

function addressOf({ options: { host = '', port = 0 } }: IoredisNode): string {
  return `${host}:${port}`
}

/** Uses a client of node-redis: a single one, a pool, a Cluster or Sentinel. All have the same methods. */
export function connectNodeRedis(client: NodeRedisClient): RedisConnection {
  const cluster = asCluster(client)
  const runner = createNodeRedisRunner(client)
  return {
    isCluster: cluster !== undefined,
    get: async (key) => client.get(key),
    run: runner.run,
    async findMasters() {
      if (!cluster) return new Map([['', runner]])
      const masters = cluster.masters.toSorted((one, other) => (one.address < other.address ? -1 : 1))
      const runners = new Map<string, ScriptRunner>()
      for (const master of masters)
        runners.set(master.address, createNodeRedisRunner(await cluster.nodeClient(master)))
      return runners
    },
  }
}

function createNodeRedisRunner(client: NodeRedisClient): ScriptRunner {
  return {
    run(script, keys, parameters) {
      const options = { keys: [...keys], arguments: [...parameters] }
      return runScript(
        script,
        async (sha1) => client.evalSha(sha1, options),
        async (text) => client.eval(text, options),
      )
    },
  }
}

function asCluster(client: NodeRedisClient): NodeRedisCluster | undefined {
  const { masters, nodeClient } = client as Partial<NodeRedisCluster>
  return Array.isArray(masters) && typeof nodeClient === 'function' ? (client as NodeRedisCluster) : undefined
}
