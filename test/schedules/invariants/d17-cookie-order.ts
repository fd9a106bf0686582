import { hashOf, isEnding } from '../history.ts'
import type { History, RequestRecord } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const cookieOrder: Invariant = {
  name: 'D17',
  claim: 'whatever the order of responses, the browser ends up with a live token, and the next request works',
  shape: {
    operations: ['login u1', 'login u2', 'regenerate', 'set', 'increment', 'read', 'save', 'flash'],
    faults: [0, 0, 60],
    requests: 8,
  },
  *check(history) {
    for (const request of history.requests) {
      if (request.cookie === 'cleared' && !request.steps.some(isEnding))
        yield `response ${request.id} clears the cookie although nobody logged out`
    }
    for (let browser = 0; browser < history.held.length; browser += 1) {
      const own = history.requests.filter(({ plan }) => plan.browser === browser)
      yield* findDeadToken(history, browser, own)
    }
    yield* findBrokenBrowsers(history)
  },
}

function* findDeadToken(history: History, browser: number, own: readonly RequestRecord[]): Iterable<string> {
  const scheduled = own.filter(({ phase }) => phase === 'scheduled')
  const isDisturbed = scheduled.some((request) => {
    return request.deliveredAt === undefined || request.outcome !== 'answered' || request.steps.some(isEnding)
  })
  const { program } = history
  const isOther =
    program.browsers.includes('shared') && program.browsers.length > 1 && program.browsers[1] === 'shared'
  if (isDisturbed || isOther || program.jumpWeight > 0 || program.capacity < 1000 || program.rewrites) return
  const held = history.held[browser]
  const hadOne = own.some(
    ({ phase, token, cookie }) => phase !== 'after' && (token !== undefined || cookie !== undefined),
  )
  if (!hadOne) return
  // Another request of the user may have ended it: revokeOthers, or a login at the limit.
  const key = held && hashOf(held).key
  if (
    history.effects.some(
      (effect) => effect.key === key && (effect.verb === 'revoke' || effect.verb === 'evict'),
    )
  )
    return
  const isLive = history.probes.some(({ token, view }) => token === held && !view.isNew)
  if (!isLive)
    yield `browser ${browser} ends up with ${held === undefined ? 'no token' : 'a token that opens nothing'}`
}

/** When everything has settled, a browser must be able to write, and to read what it wrote. */
function* findBrokenBrowsers(history: History): Iterable<string> {
  for (const [index, request] of history.requests.entries()) {
    if (request.phase !== 'after' || request.plan.operations[0] !== 'set') continue
    const next = history.requests[index + 1]
    if (request.viewError !== undefined) continue
    const isThere = next?.view && `own-${request.id}-0` in next.view.values
    if (request.outcome !== 'answered' || !isThere)
      yield `browser ${request.plan.browser} can no longer write`
  }
}
