// Redis remembers which keys a tracking connection has read, and tells it when one changes (CLIENT
// TRACKING, over RESP3). node-redis passes that on in two ways; ioredis does not track.

import type { InvalidationNotice } from '../../contract/capabilities.ts'
import type { RedisClient } from './redis-client.ts'
import type { KeyNames } from './redis-options.ts'

/** The name of a key, as a Buffer or a string; null stands for all. */
type KeyName = { toString(): string } | null

/** What an event emitter has. */
interface Emitter {
  on(event: string, listener: (name: KeyName) => void): unknown
  off(event: string, listener: (name: KeyName) => void): unknown
}

/** How a client of node-redis shows that it tracks. */
interface TrackingClient extends Emitter {
  /** A single client that emits `invalidate` itself. */
  readonly options?: { readonly emitInvalidate?: unknown } | undefined
  /** The cache of a client, which the connections of a pool, a Cluster or Sentinel share. */
  readonly clientSideCache?: Emitter | undefined
}

/**
 * Events of clients, pools, Clusters and Sentinel after which a connection may have missed something:
 * what it had read is no longer tracked. Sentinel tells of such errors only with its option
 * `passthroughClientErrorEvents`.
 */
const losses = [
  'error',
  'end',
  'reconnecting',
  'node-error',
  'node-disconnect',
  'node-reconnecting',
  'topology-change',
]

/** The notices of a client that tracks what it reads; nothing for any other. */
export function findInvalidations(client: RedisClient, names: KeyNames): Partial<InvalidationNotice> {
  const tracking = client as unknown as TrackingClient
  const source =
    tracking.clientSideCache ?? (tracking.options?.emitInvalidate === true ? tracking : undefined)
  if (source === undefined) return {}
  return {
    onInvalidation(listener) {
      const tellOne = (name: KeyName): void => {
        if (name === null) return listener(undefined)
        const text = name.toString()
        if (text.startsWith(names.sessions)) listener(text.slice(names.sessions.length))
      }
      const tellAll = (): void => listener(undefined)
      source.on('invalidate', tellOne)
      for (const event of losses) tracking.on(event, tellAll)
      return () => {
        source.off('invalidate', tellOne)
        for (const event of losses) tracking.off(event, tellAll)
      }
    },
  }
}
