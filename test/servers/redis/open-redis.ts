import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import type { RedisClient } from '../../../src/stores/redis/redis-client.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import type { Address, OpenedStore } from '../engine.ts'

/** A client that is connected. */
export interface ConnectedClient<Client extends RedisClient = RedisClient> {
  readonly client: Client
  /** Ends its connections, whatever state they are in. */
  disconnect(): void
}

const host = '127.0.0.1'

/** Ports that servers name, and what to connect to instead: the proxies of an address. */
function mapNodes({ portMap = {} }: Address): Record<string, { host: string; port: number }> {
  const pairs = Object.entries(portMap).map(([port, proxy]): [string, { host: string; port: number }] => [
    `${host}:${port}`,
    { host, port: proxy },
  ])
  return Object.fromEntries(pairs)
}

function toNodes(ports: readonly number[]): { host: string; port: number }[] {
  return ports.map((port) => ({ host, port }))
}

/** The ports of the Sentinels follow those of the master and its replica. */
function findSentinels({ ports }: Address): { host: string; port: number }[] {
  return toNodes(ports.slice(2))
}

/** How to connect each driver to each kind of deployment. The drivers keep their default settings. */
export const connectors = {
  async 'redis node-redis'({ ports: [port = 0] }: Address) {
    const client = createClient({ socket: { host, port } })
    client.on('error', () => {})
    await client.connect()
    return { client, disconnect: () => client.destroy() }
  },
  async 'redis ioredis'({ ports: [port = 0] }: Address) {
    const client = new Redis({ host, port, lazyConnect: true })
    client.on('error', () => {})
    await client.connect()
    return { client, disconnect: () => client.disconnect() }
  },
  async 'redis-cluster node-redis'(address: Address) {
    const client = createCluster({
      rootNodes: toNodes(address.ports).map((socket) => ({ socket })),
      nodeAddressMap: mapNodes(address),
    })
    client.on('error', () => {})
    await client.connect()
    return { client, disconnect: () => client.destroy() }
  },
  async 'redis-cluster ioredis'(address: Address) {
    const client = new Cluster(toNodes(address.ports), { natMap: mapNodes(address), lazyConnect: true })
    client.on('error', () => {})
    await client.connect()
    return { client, disconnect: () => client.disconnect() }
  },
  async 'redis-sentinel node-redis'(address: Address) {
    const client = createSentinel({
      name: address.details?.['masterName'] ?? '',
      sentinelRootNodes: findSentinels(address),
      nodeAddressMap: mapNodes(address),
    })
    client.on('error', () => {})
    await client.connect()
    return { client, disconnect: () => client.destroy() }
  },
  async 'redis-sentinel ioredis'(address: Address) {
    const client = new Redis({
      name: address.details?.['masterName'] ?? '',
      sentinels: findSentinels(address),
      natMap: mapNodes(address),
      lazyConnect: true,
    })
    client.on('error', () => {})
    await client.connect()
    return { client, disconnect: () => client.disconnect() }
  },
} satisfies Record<string, (address: Address) => Promise<ConnectedClient>>

/** How to open a store on each of them. */
export const redisOpeners: Readonly<Record<string, (address: Address) => Promise<OpenedStore>>> =
  Object.fromEntries(
    Object.entries(connectors).map(([kind, connect]) => [
      kind,
      async (address: Address) => {
        const { client, disconnect } = await connect(address)
        return { store: redisStore(client), close: async () => disconnect() }
      },
    ]),
  )
