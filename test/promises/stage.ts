import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { getSession, withSession } from '../../src/node.ts'
import { createSessionManager } from '../../src/index.ts'
import type { Session } from '../../src/index.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'
import { controlledStore } from '../core/controlled-store.ts'
import { Browser } from '../../src/testing/browser.ts'
import { serve } from '../support/serve.ts'

export type Loose = Record<string, unknown>

/** What a path does with the session. What it stores is sent when it has, unless it returns the response. */
export type Deed = (session: Session<Loose>, response: ServerResponse, request: IncomingMessage) => unknown

/** A door that handlers wait at until the test opens it. */
export interface Door {
  /** Settles when as many handlers have come as were expected. */
  readonly reached: Promise<void>
  readonly open: () => void
  /** What the handler awaits. */
  readonly pass: () => Promise<void>
}

export function createDoor(expected = 1): Door {
  const arrival = Promise.withResolvers<void>()
  const opening = Promise.withResolvers<void>()
  let arrived = 0
  return {
    reached: arrival.promise,
    open: opening.resolve,
    pass() {
      arrived += 1
      if (arrived === expected) arrival.resolve()
      return opening.promise
    },
  }
}

/**
 * A real server whose store and clock the test controls, and a browser that visits it. With several
 * managers the requests go to one after the other, as to several processes.
 */
export async function openStage(context: TestContext, deeds: Record<string, Deed>, managers = 1) {
  const store = controlledStore()
  const clock = fakeClock()
  const create = () => createSessionManager<Loose>({ store, clock, onEvent: () => {} })
  const sessions = create()
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const session = getSession(request) as unknown as Session<Loose>
    const { pathname } = new URL(request.url ?? '/', 'http://shop.test')
    const result = await deeds[pathname]?.(session, response, request)
    if (result !== response) response.end(JSON.stringify([...session.entries()]))
  }
  const others = Array.from({ length: managers - 1 }, create)
  const listeners = [sessions, ...others].map((each) => withSession(handle, each))
  let served = 0
  const origin = await serve(context, (request, response) => {
    served += 1
    return listeners[served % managers]?.(request, response)
  })
  /** A browser, or one with the cookies of another: a second tab, or whoever kept an old cookie. */
  const newBrowser = (other?: Browser): Browser => {
    const browser = new Browser(origin)
    for (const [name, value] of other?.cookies ?? []) browser.cookies.set(name, value)
    return browser
  }
  /** Lets time pass: who meets with conflicts waits a moment before trying again. */
  const passTimeUntil = <Result>(result: Promise<Result>): Promise<Result> => {
    const passing = setInterval(() => clock.advance('1ms'))
    return result.finally(() => clearInterval(passing))
  }
  return { store, clock, sessions, origin, browser: newBrowser(), newBrowser, passTimeUntil }
}
