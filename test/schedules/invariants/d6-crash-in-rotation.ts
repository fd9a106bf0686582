import { recordFormat } from '../../../src/contract/record.ts'
import { authorOf, isChange, isLogin, isReplacing, isRotation } from '../history.ts'
import type { Effect, History } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const crashInRotation: Invariant = {
  name: 'D6',
  claim: 'token and user change in one write, and exactly one known token opens each session',
  shape: {
    operations: ['regenerate', 'login u1', 'login u2', 'set', 'save', 'increment'],
    start: ['session', 'user'],
    crashes: true,
    faults: [0, 100, 300],
    requests: 4,
  },
  *check(history) {
    for (const effect of history.effects) yield* findHalves(history, effect)
    const rows = new Map(
      history.effects.filter(({ at }) => at < history.quietAt).map((effect) => [effect.key, effect.after]),
    )
    for (const [key, row] of rows) {
      const openers = history.probes.filter(({ hash, view }) => hash.key === key && !view.isNew)
      if (openers.length > 1) yield `${openers.length} tokens open one session`
      const isKnown = history.probes.some(({ hash }) => hash.verifierHash === row?.verifierHash)
      const isCreated = history.requests.some(({ hash }) => hash?.key === key)
      if (row?.format === recordFormat && isCreated && !isKnown)
        yield 'a session has a token that nobody has ever seen'
    }
  },
}

function* findHalves(history: History, effect: Effect): Iterable<string> {
  const { before, after, verb } = effect
  if (verb !== 'commit' || !before || !after || !isChange(effect)) return
  const isRotated = isReplacing(effect)
  const request = authorOf(history, effect)
  const isSignedIn = before.userId !== after.userId || before.authenticatedAt !== after.authenticatedAt
  if (isSignedIn && !isRotated) yield `request ${effect.request?.id} changed the user but not the token`
  if (isRotated && !request?.steps.some(isRotation))
    yield `request ${effect.request?.id} changed the token without being asked to`
  if (!isRotated || !request) return
  const users = request.steps.filter(isLogin).map(({ operation }) => operation.slice('login '.length))
  if (request.steps.every((step) => isLogin(step) || !isRotation(step))) {
    if (!users.includes(after.userId ?? '')) yield `request ${request.id} changed the token but not the user`
  }
}
