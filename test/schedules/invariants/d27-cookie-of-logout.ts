import { hashOf, isEnding, isLogin, loadOf } from '../history.ts'
import type { History, RequestRecord } from '../history.ts'
import { recordFormat } from '../../../src/contract/record.ts'
import type { SessionRecord } from '../../../src/contract/store.ts'
import type { Invariant } from './invariant.ts'

/** For so long the answer that carries a new token may be on its way, less the time that a call may take. */
const answerTime = 55_000

export const cookieOfLogout: Invariant = {
  name: 'D27',
  claim:
    'only an answer that ended a row clears the cookie, only one that wrote a token sets it, and none to a token just replaced without a login',
  shape: {
    operations: [
      ...(['logout', 'logout', 'login u1', 'login u2', 'regenerate', 'set', 'set', 'read'] as const),
      ...(['save', 'revoke others', 'destroy'] as const),
    ],
    sequence: ['logout', 'login u1'],
    start: ['session', 'user', 'user'],
    eager: true,
    faults: [0, 0, 60],
  },
  *check(history) {
    for (const request of history.requests) {
      if (request.cookie === undefined) continue
      if (request.cookie === 'cleared') yield* findIdleClearing(history, request)
      else yield* findUnasked(history, request, request.cookie.token)
    }
    for (let browser = 0; browser < history.held.length; browser += 1) yield* findLostCookie(history, browser)
  },
}

function* findIdleClearing({ effects, calls }: History, request: RequestRecord): Iterable<string> {
  const hasEnded = effects.some(
    ({ verb, request: by, before, after }) => verb === 'delete' && by === request && before && !after,
  )
  // Of a delete whose answer was lost nobody knows what it did.
  const isUnknown = calls.filter(({ verb, request: by }) => verb === 'delete' && by === request).length > 1
  if (!hasEnded && !isUnknown && !hasFaults(request))
    yield `response ${request.id} clears the cookie, but its request has ended no row`
}

function hasFaults({ events }: RequestRecord): boolean {
  return events.some(({ type }) => type === 'failed')
}

/** A session that a request with a replaced token begins would take the place of the newer one. */
function* findUnasked(history: History, request: RequestRecord, token: string): Iterable<string> {
  const load = loadOf(history, request)
  const row = load?.answer as SessionRecord | undefined
  if (!load?.call || !row || !request.hash || request.steps.some(isLogin)) return
  const replaced = history.effects.findLast((effect) => {
    const isEarlier = effect.key === request.hash?.key && effect.at < load.at
    return isEarlier && effect.before?.verifierHash === request.hash?.verifierHash
  })
  if (row.format !== recordFormat) return
  const isRecent =
    row.verifierHash !== request.hash.verifierHash &&
    load.call.time - (replaced?.call?.time ?? 0) < answerTime
  if (isRecent && hashOf(token).key !== request.hash.key)
    yield `request ${request.id} began a session although its token had just been replaced`
}

/** A browser whose requests all got through holds a live cookie, unless a logout of that session was acknowledged. */
function* findLostCookie(history: History, browser: number): Iterable<string> {
  const { program, requests, effects } = history
  const own = requests.filter(({ plan, phase }) => plan.browser === browser && phase !== 'after')
  const isQuiet =
    program.faults === 0 && program.jumpWeight === 0 && program.capacity === 1000 && !program.rewrites
  if (!isQuiet || program.browsers.length > 1 || program.abandons || program.crashes) return
  if (
    own.some(
      (request) => hasFaults(request) || (request.deliveredAt === undefined && request.outcome !== 'failed'),
    )
  )
    return
  const answers = own
    .filter(({ cookie, deliveredAt }) => cookie !== undefined && deliveredAt !== undefined)
    .toSorted((one, other) => (one.deliveredAt as number) - (other.deliveredAt as number))
  const held = history.held[browser]
  if (held === undefined) {
    const last = answers.at(-1)
    if (last && !last.steps.some(isEnding))
      yield `browser ${browser} has lost its cookie although nobody logged out`
    return
  }
  const { key } = hashOf(held)
  const isLive = history.probes.some(({ token, view }) => token === held && !view.isNew)
  const isEnded = effects.some(
    (effect) => effect.key === key && effect.verb === 'delete' && effect.before && !effect.after,
  )
  const isRevoked = effects.some(
    (effect) => effect.key === key && (effect.verb === 'revoke' || effect.verb === 'evict'),
  )
  if (!isLive && !isEnded && !isRevoked)
    yield `browser ${browser} holds a token that a sibling's answer has made worthless`
}
