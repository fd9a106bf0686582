import { authorOf, completedSteps, hashOf, hasOpened, isEnding, isReplacing, isRotation } from '../history.ts'
import type { History, RequestRecord } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const rotateAgainstRotate: Invariant = {
  name: 'D4',
  claim: 'a token has one successor, and every token is stored before it is sent',
  shape: {
    operations: ['regenerate', 'regenerate', 'regenerate', 'login u1', 'set', 'increment', 'save', 'read'],
    start: ['session', 'user'],
    thief: true,
  },
  *check(history) {
    const successors = new Map<string, RequestRecord>()
    for (const request of history.requests) {
      if (request.cookie === undefined || request.cookie === 'cleared') {
        yield* findUnsentToken(history, request)
        continue
      }
      const sent = hashOf(request.cookie.token)
      const isStored = history.effects.some(({ at, after }) => {
        const isBefore = at < (request.respondedAt as number)
        return isBefore && after?.key === sent.key && after.verifierHash === sent.verifierHash
      })
      if (!isStored) yield `request ${request.id} sent a token that it had not stored`
      if (request.hash?.key !== sent.key) continue
      const rival = successors.get(request.token as string)
      if (rival) yield `requests ${rival.id} and ${request.id} both sent a successor of one token`
      successors.set(request.token as string, request)
    }
  },
}

/** Rotations whose new token was not sent to the browser. */
function* findUnsentToken(history: History, request: RequestRecord): Iterable<string> {
  if (request.outcome !== 'answered' || request.drops.length > 0 || completedSteps(request).some(isEnding))
    return
  const rotation = history.effects.findLast((effect) => {
    const isOwn = authorOf(history, effect) === request && effect.at < (request.respondedAt as number)
    return isOwn && (isReplacing(effect) || effect.verb === 'create')
  })
  if (!rotation?.after || !completedSteps(request).some(isRotation) || !hasOpened(history, request)) return
  const isReplaced = history.effects.some(({ at, key, after, before, verb }) => {
    const isLater = at > rotation.at && key === rotation.key && at < (request.respondedAt as number)
    return isLater && (verb === 'delete' || !after || after.verifierHash !== before?.verifierHash)
  })
  if (!isReplaced) yield `request ${request.id} replaced the token but did not send the new one`
}
