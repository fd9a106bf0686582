// A conflict runs a function again, and conflicts are rare: an impure function would pass every test
// and fail in production. Rehearsing makes the second run happen every time. It works by wrapping the
// one place where such functions run, the `apply` of a session's journal.

import { isDeepStrictEqual } from 'node:util'
import { whenReady } from '../awaitable.ts'
import { assertManager, opening } from '../manager/request/open.ts'
import type { OpeningManager } from '../manager/request/open.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { Draft } from '../session/draft.ts'
import { reservedPrefix } from '../session/flash.ts'
import type { Operation } from '../session/operations.ts'
import { stateOf } from '../session/session.ts'
import type { Session } from '../session/session.ts'
import { RehearsalError } from './rehearsal-error.ts'

/**
 * The same manager, but each function passed to `update` or `transaction` runs twice on the same data,
 * as it would after a conflict. If the two outcomes differ, the call throws a {@link RehearsalError}.
 * Use it in tests instead of the manager.
 *
 * It detects impurity that shows in values and results, such as a random number, or a counter or array
 * outside the function that is modified. Flash messages are not compared. Other side effects, such as
 * sending a mail, happen twice.
 *
 * @example
 * ```ts
 * app.use(session(rehearse(sessions)))
 * ```
 */
export function rehearse<Data, Extra extends object = object>(
  sessions: SessionManager<Data> & Extra,
): SessionManager<Data> & Extra {
  const { [opening]: openExchange } = assertManager<Data>('rehearse', sessions)
  const rehearsed: Pick<OpeningManager<Data>, typeof opening | 'handle'> = {
    [opening]: (request) =>
      whenReady(openExchange(request), (exchange) => {
        if (exchange) rehearseSession(exchange.session)
        return exchange
      }),
    handle: (request, handler, options) =>
      sessions.handle(request, (same, session) => handler(same, rehearseSession(session)), options),
  }
  return { ...sessions, ...rehearsed }
}

/** The journals that are wrapped: a second `open` of a request gives the same session. */
const wrapped = new WeakSet<object>()

/** Wraps the journal's `apply`, which runs the application's functions at the call and at each replay. */
function rehearseSession<Data>(session: Session<Data>): Session<Data> {
  const { journal } = stateOf(session, 'rehearse')
  if (wrapped.has(journal)) return session
  wrapped.add(journal)
  const apply = journal.apply.bind(journal)
  journal.apply = (operation, draft) => {
    const before = draft.fork()
    const first = draft.fork()
    const expected = apply(operation, first)
    const result = runAgain(apply, operation, draft, () => findDifferences(before, first))
    const names = findDifferences(first, draft)
    if (names.length > 0) throw new RehearsalError('left another value', names)
    if (!isDeepStrictEqual(result, expected))
      throw new RehearsalError('returned something else', findDifferences(before, draft))
    return result
  }
  return session
}

/** The second run. An exception that the first run did not throw also proves the function impure. */
function runAgain(
  apply: (operation: Operation, draft: Draft) => unknown,
  operation: Operation,
  draft: Draft,
  changed: () => string[],
): unknown {
  try {
    return apply(operation, draft)
  } catch (cause) {
    throw new RehearsalError('threw', changed(), { cause })
  }
}

/** The names whose values differ. Texts may differ for equal values, so those are decoded and compared. */
function findDifferences(left: Draft, right: Draft): string[] {
  const names = new Set([...left.values.keys(), ...right.values.keys()])
  return [...names].filter((name) => {
    // Each flash message gets a random id.
    if (name.startsWith(reservedPrefix)) return false
    const [one, other] = [left.values.get(name), right.values.get(name)]
    if (!one || !other) return true
    return one.text !== other.text && !isDeepStrictEqual(left.codec.copy(one), left.codec.copy(other))
  })
}
