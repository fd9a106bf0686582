import type { ServerResponse } from 'node:http'
import { withSession } from '../../../src/node.ts'
import { createSessionManager } from '../../../src/index.ts'
import type { SessionEvent } from '../../../src/index.ts'
import { controlledStore } from '../../core/controlled-store.ts'
import { settle } from '../../core/harness.ts'
import type { Loose } from '../../core/harness.ts'
import { openWire } from './wire.ts'
import type { Listener, Protocol } from './wire.ts'

/** Sends a request whose client may disconnect, and records what happens to it. */
export async function openVisit(
  protocol: Protocol,
  handle: Listener,
  cookie?: string,
  store = controlledStore(),
) {
  const events: SessionEvent[] = []
  const sessions = createSessionManager<Loose>({ store, onEvent: (event) => events.push(event) })
  const arrival = Promise.withResolvers<ServerResponse>()
  const closing = Promise.withResolvers<void>()
  const seen: string[] = []
  const serve = withSession((request, response) => {
    arrival.resolve(response)
    handle(request, response)
  }, sessions)
  const wire = await openWire(protocol, (request, response) => {
    for (const name of ['finish', 'close', 'error']) response.on(name, () => seen.push(name))
    response.on('close', closing.resolve)
    void serve(request, response)
  })
  const client = wire.send({ headers: cookie ? { Cookie: cookie } : {} })
  const leave = async (): Promise<void> => {
    client.leave()
    await closing.promise
  }
  /** Waits until nothing is running any more. */
  const end = async (): Promise<void> => {
    await settle()
    await sessions.close()
    await wire[Symbol.asyncDispose]()
  }
  return {
    store,
    sessions,
    events,
    seen,
    client,
    arrived: arrival.promise,
    closed: closing.promise,
    leave,
    end,
  }
}
