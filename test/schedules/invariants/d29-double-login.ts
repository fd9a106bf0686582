import { SessionConflictError } from '../../../src/contract/errors.ts'
import { hasExpired } from '../../../src/contract/record.ts'
import type { SessionRecord } from '../../../src/contract/store.ts'
import { isLogin, loadOf, rowAt, valuesOf } from '../history.ts'
import type { History, RequestRecord } from '../history.ts'
import type { Operation } from '../program.ts'
import type { Invariant } from './invariant.ts'

export const doubleLogin: Invariant = {
  name: 'D29',
  claim:
    'a login that is clicked twice, or repeated because its answer was lost, succeeds at once and keeps the cart',
  shape: {
    operations: ['login u1', 'login u1', 'login u1', 'set', 'increment', 'read', 'login u2', 'revoke others'],
    start: ['session', 'session', 'user'],
    abandons: true,
    faults: [0, 0, 60],
    requests: 4,
  },
  *check(history) {
    for (const request of history.requests) {
      yield* findRefusedLogin(request)
      yield* findLostCart(history, request)
    }
  },
}

function* findRefusedLogin({ id, steps, error }: RequestRecord): Iterable<string> {
  const login = steps.find(isLogin)
  const refused = login?.error
  if (refused instanceof SessionConflictError)
    yield `request ${id} could not repeat its login: ${refused.reason}`
  const isOnly = steps.every((step) => isLogin(step) || step.operation === 'read')
  if (login && isOnly && error instanceof SessionConflictError && error.status === 409)
    yield `the login of request ${id} was dropped: ${error.reason}`
}

const keeping: ReadonlySet<Operation> = new Set<Operation>([
  'login u1',
  'set',
  'increment',
  'read',
  'revoke others',
])

/** A session that a login began beside another of the same user, without what that one holds. */
function* findLostCart(history: History, request: RequestRecord): Iterable<string> {
  const load = loadOf(history, request)
  const loaded = load?.answer as SessionRecord | undefined
  if (!loaded || !request.steps.every(({ operation }) => keeping.has(operation))) return
  if (loaded.userId !== undefined && loaded.userId !== 'u1') return
  const isOld = (load?.call?.time ?? 0) - (loaded.rotatedAt ?? 0) >= 60_000
  if (loaded.verifierHash !== request.hash?.verifierHash && isOld) return
  for (const { verb, request: by, after, at, time } of history.effects) {
    if (verb !== 'create' || by !== request || after?.userId !== 'u1') continue
    const former = rowAt(history, loaded.key, at)
    if (former?.userId !== 'u1' || hasExpired(former, time)) continue
    const kept = valuesOf(after)
    const lost = Object.keys(valuesOf(loaded)).filter((name) => !(name in kept) && name in valuesOf(former))
    if (lost.length > 0) yield `the login of request ${request.id} has lost ${lost.join(', ')}`
  }
}
