import { hashToken } from '../../../src/id/token-hash-cache.ts'
import { completedSteps, isChange, isEnding, isLogin, valuesOf } from '../history.ts'
import type { Effect, History, RequestRecord } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const loginRace: Invariant = {
  name: 'D7',
  claim:
    'only a request with the current token changes a session; identities never mix; each login has its own token',
  shape: {
    operations: ['login u1', 'login u2', 'set', 'set', 'increment', 'save', 'regenerate', 'read'],
    start: ['visitor', 'session', 'session', 'user'],
    thief: true,
  },
  *check(history) {
    for (const effect of history.effects) {
      if (effect.verb === 'commit' && isChange(effect) && effect.request)
        yield* findUnentitled(history, effect, effect.request)
      yield* findMixed(effect)
    }
    for (const request of history.requests) yield* findLoginWithoutToken(history, request)
  },
}

function* findUnentitled(history: History, effect: Effect, request: RequestRecord): Iterable<string> {
  const { at, key, before } = effect
  const isPresented = request.hash?.key === key && request.hash.verifierHash === before?.verifierHash
  const isOwn = history.effects.some((earlier) => {
    const isEarlier = earlier.request === request && earlier.at < at && earlier.key === key
    return isEarlier && isChange(earlier) && earlier.after?.verifierHash === before?.verifierHash
  })
  if (!isPresented && !isOwn) yield `request ${request.id} changed a session whose token it no longer held`
}

/** A value records the user who set it; what a visitor set may become a user's. */
function* findMixed({ after }: Effect): Iterable<string> {
  for (const [name, user] of Object.entries(valuesOf(after))) {
    if (!name.startsWith('own-') || user === '' || user === after?.userId) continue
    yield `a session of ${after?.userId ?? 'nobody'} holds '${name}' of ${String(user)}`
  }
}

function* findLoginWithoutToken(history: History, request: RequestRecord): Iterable<string> {
  const last = completedSteps(request).findLast((step) => isLogin(step) || isEnding(step))
  if (request.outcome !== 'answered' || !last || !isLogin(last)) return
  const user = last.operation.slice('login '.length)
  const stored = history.effects.filter(({ request: by, after, before, at }) => {
    const isOwn = by === request && at < (request.respondedAt as number) && after !== before
    return isOwn && after?.userId === user && after.verifierHash !== before?.verifierHash
  })
  const [latest] = stored.slice(-1)
  if (!latest) {
    yield `request ${request.id} got the login of ${user} acknowledged, but it is not stored`
  } else if (request.cookie === undefined || request.cookie === 'cleared') {
    const isReplaced = history.effects.some(({ at, key, request: by, before, after }) => {
      return (
        at > latest.at && key === latest.key && by !== request && before?.verifierHash !== after?.verifierHash
      )
    })
    if (!isReplaced && !request.drops.some(({ reason }) => reason === 'gone'))
      yield `request ${request.id} logged ${user} in but sent no token`
  } else if (!stored.some(({ key }) => key === hashToken((request.cookie as { token: string }).token).key)) {
    yield `request ${request.id} logged ${user} in but sent the token of another session`
  }
}
