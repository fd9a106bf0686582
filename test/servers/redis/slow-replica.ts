import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { listenOnFreePort } from '../../support/listen-on-free-port.ts'

/** A line between a replica and its master. */
export interface SlowLine {
  readonly port: number
  close(): void
}

/**
 * Delays what a master sends, as the way to another data centre does. On one machine a replica would be
 * behind for microseconds only, and a failover would hardly ever lose anything.
 */
export async function openSlowLine(masterPort: number, milliseconds: number): Promise<SlowLine> {
  const sockets = new Set<Socket>()
  const server = createServer((replica) => {
    const master = connect(masterPort, '127.0.0.1')
    for (const [socket, other] of [
      [replica, master],
      [master, replica],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => void other.destroy())
    }
    replica.pipe(master)
    // A killed master's connection ends at once, with what was still on its way.
    master.on(
      'data',
      (chunk) => void setTimeout(() => !replica.destroyed && replica.write(chunk), milliseconds),
    )
  })
  const port = await listenOnFreePort(server)
  return {
    port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
