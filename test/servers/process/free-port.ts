import { createServer } from 'node:net'
import { listenOnFreePort } from '../../support/listen-on-free-port.ts'

/** A loopback port that nobody listened on a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer()
  const port = await listenOnFreePort(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
