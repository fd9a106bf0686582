import { hashToken } from '../../../src/id/token-hash-cache.ts'
import { done, hasOpened, isChange, isEnding, isRotation } from '../history.ts'
import type { History, RequestRecord } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const rotateAgainstRotate: Invariant = {
  name: 'D4',
  claim: 'a token has one successor, and every token that is sent was stored before',
  shape: {
    operations: ['regenerate', 'regenerate', 'regenerate', 'login u1', 'set', 'increment', 'save', 'read'],
    start: ['session', 'user'],
    thief: true,
  },
  *check(history) {
    const successors = new Map<string, RequestRecord>()
    for (const request of history.requests) {
      if (request.cookie === undefined || request.cookie === 'cleared') {
        yield* findUntold(history, request)
        continue
      }
      const sent = hashToken(request.cookie.token)
      const isStored = history.effects.some(({ request: by, at, after }) => {
        const isBefore = by === request && at < (request.respondedAt as number)
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

/** Rotated, and the browser was not told of the token that opens the session now. */
function* findUntold(history: History, request: RequestRecord): Iterable<string> {
  if (request.outcome !== 'answered' || request.drops.length > 0 || done(request).some(isEnding)) return
  const rotation = history.effects.findLast((effect) => {
    const isOwn = effect.request === request && effect.at < (request.respondedAt as number)
    return isOwn && isChange(effect) && effect.before?.verifierHash !== effect.after?.verifierHash
  })
  if (!rotation?.after || !done(request).some(isRotation) || !hasOpened(history, request)) return
  const isReplaced = history.effects.some(({ at, key, after, before, verb }) => {
    const isLater = at > rotation.at && key === rotation.key && at < (request.respondedAt as number)
    return isLater && (verb === 'delete' || !after || after.verifierHash !== before?.verifierHash)
  })
  if (!isReplaced) yield `request ${request.id} has replaced the token, and told nobody`
}
