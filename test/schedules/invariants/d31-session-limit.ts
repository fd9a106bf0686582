import { hasExpired } from '../../../src/contract/record.ts'
import { authorOf, changesOf, isLogin } from '../history.ts'
import type { Effect, History } from '../history.ts'
import type { Invariant } from './invariant.ts'

export const sessionLimit: Invariant = {
  name: 'D31',
  claim: 'a user never has more sessions than maxSessionsPerUser, and the newest login is among them',
  shape: {
    operations: ['login u1', 'login u1', 'login u1', 'set', 'save', 'regenerate', 'logout', 'login u2'],
    start: ['visitor', 'session', 'user'],
    limit: [1, 1, 2],
    requests: 6,
    faults: [0, 60, 200],
  },
  *check(history) {
    const { limit } = history.program
    const rows = new Map<string, Effect['after']>()
    for (const { key, after, at, verb, time } of history.effects) {
      // What a call has ended to make room follows it in the list.
      if (verb !== 'evict' && verb !== 'revoke') yield* findExcess(rows, limit, time)
      if (at >= history.quietAt) break
      if (after) rows.set(key, after)
      else rows.delete(key)
    }
    for (const user of ['u1', 'u2']) yield* findLostLogin(history, user, rows)
  },
}

function* findExcess(
  rows: ReadonlyMap<string, Effect['after']>,
  limit: number,
  now: number,
): Iterable<string> {
  for (const user of ['u1', 'u2']) {
    const count = [...rows.values()].filter((row) => row?.userId === user && !hasExpired(row, now)).length
    if (count > limit) yield `${user} has ${count} sessions; allowed are ${limit}`
  }
}

function* findLostLogin(
  history: History,
  user: string,
  rows: ReadonlyMap<string, Effect['after']>,
): Iterable<string> {
  const { program, effects, quietAt } = history
  if (program.capacity < 1000 || program.rewrites || program.jumpWeight > 0) return
  const newest = effects.findLast((effect) => {
    const isStored = effect.after?.userId === user && effect.at < quietAt
    return (
      isStored &&
      effect.after?.authenticatedAt !== undefined &&
      authorOf(history, effect)?.steps.some(isLogin)
    )
  })
  if (!newest || rows.has(newest.key)) return
  const isEnded = changesOf(history, newest.key).some(({ verb, at }) => {
    return at > newest.at && (verb === 'delete' || verb === 'revoke' || verb === 'commit')
  })
  if (!isEnded) yield `the newest login of ${user} has lost its session to an older one`
}
