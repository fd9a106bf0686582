import {
  authorOf,
  changesOf,
  completedSteps,
  hashOf,
  holds,
  isChange,
  isEnding,
  isLogin,
  isReplacing,
  namedWriters,
  valuesOf,
  writersOf,
} from '../history.ts'
import type { Effect, History, RequestRecord } from '../history.ts'
import { isHardRotation } from './d25-thief.ts'
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
      if (effect.verb === 'commit' && isChange(effect)) yield* findUnentitled(history, effect)
      yield* findMixed(effect)
    }
    for (const request of history.requests) yield* findLoginWithoutToken(history, request)
  },
}

/** What was loaded before a soft rotation, or several, keeps its changes, as long as the user is the same. */
function* findUnentitled(history: History, effect: Effect): Iterable<string> {
  const { before, key } = effect
  const rotations = changesOf(history, key).filter((each) => isReplacing(each) && each.at < effect.at)
  const isEntitled = (request: RequestRecord): boolean => {
    if (holds(history, request, before?.verifierHash)) return true
    let isKept = false
    for (const rotation of rotations) {
      isKept ||= holds(history, request, rotation.before?.verifierHash)
      isKept &&= !isHardRotation(history, rotation) && rotation.before?.userId === rotation.after?.userId
    }
    return isKept
  }
  for (const request of namedWriters(history, effect)) {
    if (!isEntitled(request)) yield `request ${request.id} changed a session whose token it no longer held`
  }
  if (!writersOf(history, effect).some(isEntitled))
    yield `request ${effect.request?.id} changed a session whose token it no longer held`
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
  if (request.outcome !== 'answered' || !last || !isLogin(last) || last.isRefused) return
  const user = last.operation.slice('login '.length)
  const stored = history.effects.filter((effect) => {
    const isOwn = authorOf(history, effect) === request && effect.at < (request.respondedAt as number)
    return isOwn && effect.after?.userId === user
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
  } else if (!stored.some(({ key }) => key === hashOf((request.cookie as { token: string }).token).key)) {
    yield `request ${request.id} logged ${user} in but sent the token of another session`
  }
}
