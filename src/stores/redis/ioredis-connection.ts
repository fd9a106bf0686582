// ioredis: a single client, possibly behind Sentinel, or a Cluster.

import type { IoredisClient } from './redis-client.ts'
import type { RedisConnection, ScriptRunner } from './redis-connection.ts'
import { runScript } from './redis-script.ts'

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

/** Uses a client of ioredis. */
export function connectIoredis(client: IoredisClient): RedisConnection {
  const isCluster = (client as { readonly isCluster?: unknown }).isCluster === true
  const runner = createRunner(client)
  return {
    isCluster,
    get: (key) => hideArguments(async () => client.get(key)),
    run: runner.run,
    async findMasters() {
      if (!isCluster) return new Map([['', runner]])
      // A client that connects at its first command knows no servers before.
      if ((client as IoredisCluster).nodes('master').length === 0) await client.get('')
      const nodes = (client as IoredisCluster).nodes('master')
      const runners = nodes.map((node) => [addressOf(node), createRunner(node)] as const)
      return new Map(runners.toSorted(([one], [other]) => (one < other ? -1 : 1)))
    },
  }
}

function createRunner(client: IoredisClient): ScriptRunner {
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
