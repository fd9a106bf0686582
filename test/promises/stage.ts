import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { getSession, withSession } from '../../src/adapters/node.ts'
import { createSessionManager } from '../../src/index.ts'
import type { Session } from '../../src/index.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'
import { controlledStore } from '../core/controlled-store.ts'
import { Browser } from '../../src/testing/browser.ts'
import { serve } from '../support/serve.ts'

export type Loose = Record<string, unknown>

/** What a path does with the session. What it stores is sent when it has, unless it returns the response. */
export type Deed = (session: Session<Loose>, response: ServerResponse, request: IncomingMessage) => unknown

/** A door that a handler waits at until the test opens it. */
export interface Door {
  /** Settles when a handler has come to the door. */
  readonly reached: Promise<void>
  readonly open: () => void
  /** What the handler awaits. */
  readonly pass: () => Promise<void>
}

export function createDoor(): Door {
  const arrival = Promise.withResolvers<void>()
  const opening = Promise.withResolvers<void>()
  return {
    reached: arrival.promise,
    open: opening.resolve,
    pass() {
      arrival.resolve()
      return opening.promise
    },
  }
}

/** A real server whose store and clock the test controls, and a browser that visits it. */
export async function openStage(context: TestContext, deeds: Record<string, Deed>) {
  const store = controlledStore()
  const clock = fakeClock()
  const sessions = createSessionManager<Loose>({ store, clock, onEvent: () => {} })
  const listener = withSession(async (request, response) => {
    const session = getSession(request) as unknown as Session<Loose>
    const { pathname } = new URL(request.url ?? '/', 'http://shop.test')
    const result = await deeds[pathname]?.(session, response, request)
    if (result !== response) response.end(JSON.stringify([...session.entries()]))
  }, sessions)
  const origin = await serve(context, listener)
  /** A browser, or one with the cookies of another: a second tab, or whoever kept an old cookie. */
  const newBrowser = (other?: Browser): Browser => {
    const browser = new Browser(origin)
    for (const [name, value] of other?.cookies ?? []) browser.cookies.set(name, value)
    return browser
  }
  return { store, clock, sessions, origin, browser: newBrowser(), newBrowser }
}
