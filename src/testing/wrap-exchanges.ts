// A manager whose exchanges behave differently: to observe an adapter, or to give it a fault.

import { whenReady } from '../awaitable.ts'
import type { Exchange } from '../manager/request/exchange.ts'
import { assertManager, opening } from '../manager/request/open.ts'
import type { OpeningManager } from '../manager/request/open.ts'
import type { SessionManager } from '../manager/session-manager.ts'

/** The same manager; each exchange that it opens has some of its members replaced. Its `handle` stays as it is. */
export function wrapExchanges<Data>(
  sessions: SessionManager<Data>,
  replace: (exchange: Exchange<Data>) => Partial<Exchange<Data>>,
): SessionManager<Data> {
  const { [opening]: open } = assertManager('wrapExchanges', sessions)
  const wrapped: OpeningManager<Data> = {
    ...sessions,
    [opening]: (request) =>
      whenReady(open(request), (exchange) => exchange && { ...delegate(exchange), ...replace(exchange) }),
  }
  return wrapped
}

function delegate<Data>(exchange: Exchange<Data>): Exchange<Data> {
  return {
    session: exchange.session,
    bind: (context) => exchange.bind(context),
    run: (handler) => exchange.run(handler),
    conclude: (answer) => exchange.conclude(answer),
    finish: () => exchange.finish(),
    abandon: (listener) => exchange.abandon(listener),
    get settled() {
      return exchange.settled
    },
  }
}
