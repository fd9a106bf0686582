import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Lets a server of any protocol listen on a free loopback port, and resolves to that port. */
export async function listenOnFreePort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
