import {
  authorOf,
  changesOf,
  isEnding,
  isLogin,
  isReplacing,
  isRotation,
  namedWriters,
  valuesOf,
} from '../history.ts'
import type { Effect, History, RequestRecord } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const thief: Invariant = {
  name: 'D25',
  claim:
    'what a request loaded before a login or revokeOthers changes no value after it, and the request is told',
  shape: {
    operations: [
      ...(['set', 'set', 'increment', 'save', 'flash', 'login u1', 'revoke others'] as const),
      ...(['revoke others', 'transfer', 'regenerate', 'logout', 'read'] as const),
    ],
    start: ['user', 'user', 'session'],
    thief: true,
  },
  *check(history) {
    for (const effect of history.effects) {
      if (isHardRotation(history, effect)) yield* findLateWrites(history, effect)
    }
    for (const request of history.requests) yield* findSilence(history, request)
  },
}

/** Whether a token was replaced for fear of a thief: by a request that replaces none for any other reason. */
export function isHardRotation(history: History, effect: Effect): boolean {
  const author = isReplacing(effect) ? authorOf(history, effect) : undefined
  return author !== undefined && author.steps.every(({ operation }) => operation !== 'regenerate')
}

function* findLateWrites(history: History, rotation: Effect): Iterable<string> {
  const author = authorOf(history, rotation)
  for (const effect of changesOf(history, rotation.key)) {
    if (effect.at <= rotation.at) continue
    for (const writer of namedWriters(history, effect)) {
      const isEarlier = writer !== author && writer.hash?.verifierHash === rotation.before?.verifierHash
      if (isEarlier && writer.hash?.key === rotation.key)
        yield `request ${writer.id} wrote with a token that request ${author?.id} had replaced for safety`
    }
  }
}

/** Changes that were dropped and not told, with an answer that claims them. */
function* findSilence({ effects }: History, request: RequestRecord): Iterable<string> {
  const { id, plan, drops, steps, outcome } = request
  const isDropped = drops.some(({ reason }) => reason === 'replaced' || reason === 'gone')
  const isTold = steps.some(({ isRefused, error }) => isRefused || error !== undefined)
  const isElsewhere = plan.operations.some(
    (operation) => isLogin({ operation }) || isEnding({ operation }) || unclaiming.has(operation),
  )
  if (!isDropped || outcome !== 'answered' || isTold || isElsewhere) return
  const claims = steps.filter(({ operation }) => operation === 'set').map(({ index }) => `own-${id}-${index}`)
  const isLost = claims.some((name) => effects.every(({ after }) => !(name in valuesOf(after))))
  if (isLost) yield `request ${id} was answered as if its changes had been saved`
}

/** After the head nobody can be told, and whoever clears a session claims nothing. */
const unclaiming: ReadonlySet<string> = new Set(['head', 'clear'])

/** Whether a request replaces its token for no other reason than safety. */
export function rotatesOnlySoftly({ steps }: RequestRecord): boolean {
  return steps.filter(isRotation).every(({ operation }) => operation === 'regenerate')
}
