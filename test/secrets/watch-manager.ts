import { inspect } from 'node:util'
import type { Exchange } from '../../src/manager/request/exchange.ts'
import type { OpeningManager } from '../../src/manager/request/open.ts'
import { before } from './before.ts'
import { search } from './search.ts'

// Nothing of the library may be loaded before it is watched, so its symbol is written out.
const opening = Symbol.for('coatcheck.open') as never

type Open = (request: never) => Opened | Promise<Opened>
type Opened = Exchange<never> | undefined
type Create = (options: unknown) => OpeningManager<never>
type State = { exchange: { isAccessed: boolean } }
type StateOf = (session: object, call: string) => State

/** Of the requests of one process so many are followed by prints; of those of long runs, one in a hundred. */
const printedRequests = 1000

let requests = 0

/** Session and manager are printed in every way at the end of a request. */
export function watchManager(create: Create, stateOf: StateOf): Create {
  return (options) => {
    const manager = create(options)
    const open: Open = manager[opening]
    const watched = (exchange: Opened): Opened => {
      if (!exchange || known.has(exchange)) return exchange
      known.add(exchange)
      before(exchange, 'conclude', () => {
        requests += 1
        if (requests > printedRequests && requests % 100 !== 0) return
        setImmediate(printSession, exchange, stateOf(exchange.session, 'conclude')).unref()
        print(manager)
      })
      return exchange
    }
    const openWatched: Open = (request) => {
      const opened = open(request)
      return opened instanceof Promise ? opened.then(watched) : watched(opened)
    }
    return Object.assign(manager, { [opening]: openWatched })
  }
}

/** A second `open` of a request gives the same exchange. */
const known = new WeakSet<object>()

/** Some prints make a response depend on the session; these must not. */
function printSession(exchange: Exchange<never>, state: State): void {
  const { isAccessed } = state.exchange
  print(exchange.session)
  print(exchange)
  state.exchange.isAccessed = isAccessed
}

function print(value: unknown): void {
  const all = { depth: 10, showHidden: true }
  const prints = [inspect(value), inspect(value, { ...all, customInspect: false }), JSON.stringify(value)]
  // oxlint-disable-next-line no-base-to-string
  search('inspection', [...prints, String(value)])
}
