import type { Enumerable, ExpirySweep, Pingable, UserIndex } from '../../src/contract/capabilities.ts'
import type { SessionStore } from '../../src/contract/store.ts'
import type { Program } from './process/demand-programs.ts'
import type { ServerProcess } from './process/server-process.ts'

/** What every store of the library offers beyond the five verbs, but for what its database does itself. */
export type EngineStore = SessionStore & UserIndex & Enumerable & Partial<ExpirySweep & Pingable>

/** A store with connections of its own, as another process would have. */
export interface OpenedStore {
  readonly store: EngineStore
  /** Ends the connections. Also works, within a second, when the server is gone. */
  close(): Promise<void>
}

/**
 * Where an engine listens, as JSON, so that another process can open a store on it: see `openStore`.
 * Ports are replaced by those of proxies with {@link throughProxies}.
 */
export interface Address {
  /** Which opener knows how: a key of the table in open-store.ts. */
  readonly kind: string
  /** The ports of the servers; none for memory and SQLite. */
  readonly ports: readonly number[]
  /** Ports that a client is told by the server, and what to connect to instead. */
  readonly portMap?: Readonly<Record<string, number>>
  /** What else the opener needs, such as a path. */
  readonly details?: Readonly<Record<string, string>>
}

/** A database under test that can be started. */
export interface Engine {
  /** Such as `Redis Cluster, ioredis`: a column of the tables. */
  readonly name: string
  /** What must be installed. */
  readonly programs: readonly Program[]
  /** Starts it, empty. */
  start(): Promise<RunningEngine>
}

/** A database under test that runs. */
export interface RunningEngine {
  readonly address: Address
  /** Its processes, in the order of `address.ports`: to kill with SIGKILL, freeze and start again. */
  readonly servers: readonly ServerProcess[]
  /** Everything that it stores, as text. */
  dump(): Promise<string>
  /** How many commands or statements of clients it has executed so far, by its own counters. */
  countCommands(): Promise<number>
  /** How many bytes it needs for what it stores, indexes included. */
  measureSize(): Promise<number>
  /** The server's own version, such as `Redis 7.0.15`. */
  readVersion(): Promise<string>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** The same address through proxies: `ports` has the proxy of each port of the address, in order. */
export function throughProxies(address: Address, ports: readonly number[]): Address {
  const pairs = address.ports.map((port, index): [number, number] => [port, ports[index] ?? port])
  return { ...address, ports, portMap: Object.fromEntries(pairs) }
}
