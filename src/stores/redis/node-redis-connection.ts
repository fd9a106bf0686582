// node-redis: a single client, a pool, a Cluster or Sentinel. All have the same methods; a Cluster also
// tells its masters.

import type { NodeRedisClient } from './redis-client.ts'
import type { RedisConnection, ScriptRunner } from './redis-connection.ts'
import { runScript } from './redis-script.ts'

/** What `createCluster` returns has besides. */
interface NodeRedisCluster extends NodeRedisClient {
  readonly masters: readonly { readonly address: string }[]
  nodeClient(master: { readonly address: string }): Promise<NodeRedisClient>
}

/** Uses a client of node-redis. */
export function connectNodeRedis(client: NodeRedisClient): RedisConnection {
  const cluster = asCluster(client)
  const runner = createRunner(client)
  return {
    isCluster: cluster !== undefined,
    get: async (key) => client.get(key),
    run: runner.run,
    async findMasters() {
      if (!cluster) return new Map([['', runner]])
      const masters = cluster.masters.toSorted((one, other) => (one.address < other.address ? -1 : 1))
      const runners = new Map<string, ScriptRunner>()
      for (const master of masters)
        runners.set(master.address, createRunner(await cluster.nodeClient(master)))
      return runners
    },
  }
}

function createRunner(client: NodeRedisClient): ScriptRunner {
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
