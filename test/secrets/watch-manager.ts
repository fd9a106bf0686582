import { inspect } from 'node:util'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { before } from './before.ts'
import { search } from './search.ts'

type Create = (options: unknown) => SessionManager
type State = { exchange: { isAccessed: boolean } }
type StateOf = (session: object, call: string) => State

/** Of the requests of one process so many are followed by prints; of those of long runs, one in a hundred. */
const printedRequests = 1000

let requests = 0

/** Session and manager are printed in every way at the end of a request. */
export function watchManager(create: Create, stateOf: StateOf): Create {
  return (options) => {
    const manager = create(options)
    before(manager, 'commit', ([session]) => {
      requests += 1
      if (requests > printedRequests && requests % 100 !== 0) return
      const state = findState(stateOf, session)
      if (!state) return
      setImmediate(printSession, session, state).unref()
      print(manager)
    })
    return manager
  }
}

/** What is no session is refused by the call itself. */
function findState(stateOf: StateOf, session: unknown): State | undefined {
  try {
    return stateOf(session as object, 'commit')
  } catch {
    return undefined
  }
}

/** Some prints make a response depend on the session; these must not. */
function printSession(session: unknown, state: State): void {
  const { isAccessed } = state.exchange
  print(session)
  state.exchange.isAccessed = isAccessed
}

function print(value: unknown): void {
  const all = { depth: 10, showHidden: true }
  const prints = [inspect(value), inspect(value, { ...all, customInspect: false }), JSON.stringify(value)]
  // oxlint-disable-next-line no-base-to-string
  search('inspection', [...prints, String(value)])
}
