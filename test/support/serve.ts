import { createServer } from 'node:http'
import type { RequestListener, ServerOptions } from 'node:http'
import type { TestContext } from 'node:test'
import type { RunningServer } from '../../src/testing.ts'
import { listenOnFreePort } from './listen-on-free-port.ts'

/** Starts a real server on a free loopback port. */
export async function listen(listener: RequestListener, options: ServerOptions = {}): Promise<RunningServer> {
  const server = createServer(options, listener)
  return {
    origin: `http://127.0.0.1:${await listenOnFreePort(server)}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The same for one test: the server stops with it. */
export async function serve(
  context: TestContext,
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<string> {
  const { origin, close } = await listen(listener, options)
  context.after(close)
  return origin
}
