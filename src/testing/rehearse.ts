// A conflict runs a function again, and conflicts are rare: one that is not pure would pass every
// test and fail in production. The rehearsal makes the second run happen each time. It works by
// wrapping the one place in which such functions run, the `apply` of a session's journal.

import { isDeepStrictEqual } from 'node:util'
import { isPromise } from '../is-promise.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { Draft } from '../session/draft.ts'
import { reservedPrefix } from '../session/flash.ts'
import type { Operation } from '../session/operations.ts'
import { stateOf } from '../session/session.ts'
import type { Session } from '../session/session.ts'
import { RehearsalError } from './rehearsal-error.ts'

/**
 * The same manager, but each function given to `update` or `transaction` runs twice on the same
 * data, as it would after a conflict. One that does not come to the same both times throws a
 * {@link RehearsalError} at the call. Use it in tests, in place of the manager.
 *
 * It finds what shows in values and results, such as a random number, a counter outside, or an
 * array outside that is edited. Flash messages are not compared. What a function does elsewhere, such
 * as sending a mail, it does twice.
 *
 * @example
 * ```ts
 * app.use(session(rehearse(sessions)))
 * ```
 */
export function rehearse<Data>(sessions: SessionManager<Data>): SessionManager<Data> {
  return {
    ...sessions,
    load(request) {
      const session = sessions.load(request)
      return isPromise(session) ? session.then(rehearseSession) : rehearseSession(session)
    },
    handle: (request, handler) =>
      sessions.handle(request, (same, session) => handler(same, rehearseSession(session))),
  }
}

/** Every function of the application runs in the journal's `apply`, at the call and at each replay. */
function rehearseSession<Data>(session: Session<Data>): Session<Data> {
  const { journal } = stateOf(session)
  const apply = journal.apply.bind(journal)
  journal.apply = (operation, draft) => {
    const before = draft.fork()
    const first = draft.fork()
    const expected = apply(operation, first)
    const result = runAgain(apply, operation, draft, () => differing(before, first))
    const names = differing(first, draft)
    if (names.length > 0) throw new RehearsalError('left another value', names)
    if (!isDeepStrictEqual(result, expected))
      throw new RehearsalError('returned something else', differing(before, draft))
    return result
  }
  return session
}

/** The second run. An exception that the first run did not throw is a finding of its own. */
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

/** The names whose values differ. A codec may write one value in many ways: it is asked, too. */
function differing(left: Draft, right: Draft): string[] {
  const names = new Set([...left.values.keys(), ...right.values.keys()])
  return [...names].filter((name) => {
    // Each flash message gets a random id.
    if (name.startsWith(reservedPrefix)) return false
    const [one, other] = [left.values.get(name), right.values.get(name)]
    if (!one || !other) return true
    return one.text !== other.text && !isDeepStrictEqual(left.codec.copy(one), left.codec.copy(other))
  })
}
