import { throughProxies } from '../../test/servers/engine.ts'
import type { Address } from '../../test/servers/engine.ts'
import { FaultProxy } from '../../test/servers/process/fault-proxy.ts'
import { startServer } from '../start-server.ts'
import type { ServerProcess } from '../start-server.ts'
import type { Ground } from './scenario.ts'

const serverFile = new URL('server.ts', import.meta.url)

/** 1 to 10 ms for each packet in each direction. */
const jitter = { from: 1, to: 10 }

/** The server processes of one column, each with a network of its own between it and the database. */
export class Stage {
  readonly #address: Address
  readonly #proxies: FaultProxy[] = []
  readonly #servers: ServerProcess[] = []

  constructor(address: Address) {
    this.#address = address
  }

  /** Starts so many server processes that share the store. */
  async open(count: number): Promise<Ground> {
    const servers: ServerProcess[] = []
    for (let started = 0; started < count; started += 1) servers.push(await this.#start())
    return { servers, startServer: () => this.#start() }
  }

  /** Ends all of them, and their networks. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()))
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()))
  }

  async #start(): Promise<ServerProcess> {
    const proxies = await Promise.all(this.#address.ports.map((port) => FaultProxy.start(port)))
    for (const proxy of proxies) proxy.delay({ ...jitter, seed: this.#proxies.push(proxy) })
    const ports = proxies.map(({ port }) => port)
    const server = await startServer(serverFile, [JSON.stringify(throughProxies(this.#address, ports))])
    this.#servers.push(server)
    return server
  }
}
