import type { Stage } from './stage.ts'

/** Something that goes wrong with all servers of a database, and is over when the test says so. */
export interface Fault {
  readonly name: string
  begin(stage: Stage): unknown
  end(stage: Stage): unknown
}

/** Longer than any limit of the application. */
const slow = 5000

/** Of the network. */
const refused: Fault = {
  name: 'connections are refused',
  begin: ({ proxies }) => Promise.all(proxies.map((proxy) => proxy.unplug())),
  end: ({ proxies }) => Promise.all(proxies.map((proxy) => proxy.plugIn())),
}
const reset: Fault = {
  name: 'connections are reset',
  begin: ({ proxies }) => proxies.forEach((proxy) => proxy.refuse()),
  end: ({ proxies }) => proxies.forEach((proxy) => proxy.pass()),
}
const slowed: Fault = {
  name: 'every answer is slow',
  begin: ({ proxies }) => proxies.forEach((proxy) => proxy.delay(slow)),
  end: ({ proxies }) => proxies.forEach((proxy) => proxy.pass()),
}
const stalled: Fault = {
  name: 'nothing gets through',
  begin: ({ proxies }) => proxies.forEach((proxy) => proxy.stall()),
  end: ({ proxies }) => proxies.forEach((proxy) => proxy.pass()),
}

/** Of the servers. Where there is none the proxies refuse connections, as the machine would. */
const killed: Fault = {
  name: 'killed with SIGKILL',
  async begin({ running, proxies }) {
    await Promise.all(running.servers.map((server) => server.stop('SIGKILL')))
    await Promise.all(proxies.map((proxy) => proxy.unplug()))
  },
  async end({ running, proxies }) {
    for (const server of running.servers) await server.start()
    await Promise.all(proxies.map((proxy) => proxy.plugIn()))
  },
}
const frozen: Fault = {
  name: 'frozen with SIGSTOP',
  begin: ({ running }) => Promise.all(running.servers.map((server) => server.freeze())),
  end: ({ running }) => running.servers.forEach((server) => server.thaw()),
}

/** In this order, so that the drivers have been through much when the servers are killed. */
export const faults: readonly Fault[] = [refused, reset, slowed, stalled, frozen, killed]

/** What the comparison with other libraries tries. */
export const comparedFaults: readonly Fault[] = [killed, frozen, slowed]
