// The door: where the adapter of every framework comes in. It opens an exchange for a request, lets the handler run and
// concludes the exchange. A manager carries its own way to open one under a symbol, so that applications do not meet
// it among what they call, and so that a manager spread into another object still has it.

import { whenReady } from '../../awaitable.ts'
import type { Awaitable } from '../../awaitable.ts'
import { ownProperty } from '../../own-property.ts'
import { stateOf } from '../../session/session.ts'
import type { SessionData } from '../../session/types.ts'
import type { SessionManager } from '../session-manager.ts'
import type { Sweeper } from '../upkeep/sweeper.ts'
import type { Toucher } from '../upkeep/toucher.ts'
import { findBinding, rememberExchange } from './bindings.ts'
import { SessionExchange } from './exchange.ts'
import type { Exchange, ExchangeParts, ExchangeRequest } from './exchange.ts'
import { loadSession } from './load.ts'

/** Where a manager has its function. Registered, so that two copies of the package understand each other. @internal */
export const opening: unique symbol = Symbol.for('coatcheck.open') as never

/** Opens an exchange of one manager. @internal */
export type OpenExchange<Data> = (request: ExchangeRequest) => Awaitable<Exchange<Data> | undefined>

/** A manager as adapters see it. @internal */
export interface OpeningManager<Data> extends SessionManager<Data> {
  readonly [opening]: OpenExchange<Data>
}

/**
 * Opens the exchange of a request: the session is loaded, by one read of the store, none without a cookie, and under
 * `eager` one more call to create the row. At once where the store answers at once. `undefined` where the option `skip`
 * exempts the request. A second call with the same request gives the same exchange, which concludes once.
 *
 * A store that fails is no failure here: its error is thrown by the first use of the session, or by the first change,
 * as `onStoreFailure` says. Without `method` and `path` the functions among the options are not asked.
 *
 * @param request - A web-standard request, or a description of one.
 * @throws TypeError when `sessions` is not a session manager, or the request or its `raw` is no object.
 * @throws {@link SessionConfigError} when another manager of the same cookie name serves the request.
 * @example
 * ```ts
 * const exchange = await open(sessions, { cookie: request.headers.cookie, secure: true })
 * const userId = exchange?.session.userId
 * ```
 */
export function open<Data = SessionData>(
  sessions: SessionManager<Data>,
  request: Request | ExchangeRequest,
): Awaitable<Exchange<Data> | undefined> {
  const manager = assertManager('open', sessions)
  assertObject('the request', request)
  if (isWebRequest(request)) return manager[opening](describeRequest(request))
  if (request.raw !== undefined) assertObject('raw', request.raw)
  return manager[opening](request)
}

/** Whether a value is a session manager, or an object that one was spread into. @internal */
export function isManager<Data>(value: unknown): value is OpeningManager<Data> {
  if (typeof value !== 'object' || value === null) return false
  return typeof ownProperty(value as Partial<OpeningManager<Data>>, opening) === 'function'
}

/**
 * The same manager, as adapters see it.
 *
 * @throws TypeError when it is none.
 * @internal
 */
export function assertManager<Data>(call: string, sessions: SessionManager<Data>): OpeningManager<Data> {
  if (isManager<Data>(sessions)) return sessions
  throw new TypeError(`${call}: the first argument must be a session manager`)
}

/** By what it has, since frameworks and test servers bring classes of their own. */
function isWebRequest(request: Request | ExchangeRequest): request is Request {
  const headers = ownProperty(request as Partial<Request>, 'headers')
  return typeof headers?.get === 'function'
}

function assertObject(argument: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return
  const kind = value === null ? 'null' : typeof value
  throw new TypeError(`open: ${argument} must be an object, received ${kind}`)
}

function describeRequest(request: Request): ExchangeRequest {
  return {
    raw: request,
    cookie: request.headers.get('cookie'),
    secure: request.url.startsWith('https:'),
    method: request.method,
    path: new URL(request.url).pathname,
  }
}

/** What the exchanges of a manager need from the beginning. @internal */
export interface OpeningParts extends ExchangeParts {
  readonly toucher: Toucher
  readonly sweeper: Sweeper
}

/** How a manager opens its exchanges. @internal */
export function createOpening<Data>(parts: OpeningParts): OpenExchange<Data> {
  const { settings, sweeper } = parts
  return (request) => {
    const raw = ownProperty(request, 'raw')
    const known = raw && findBinding(raw, settings)
    if (known) return known.exchange as Awaitable<Exchange<Data>>
    const [method, path] = [ownProperty(request, 'method'), ownProperty(request, 'path')]
    if (method && path && settings.skip?.({ method, path })) return undefined
    sweeper.start()
    const opened = whenReady(
      loadSession<Data>(parts, request),
      (session) => new SessionExchange(parts, session, stateOf(session, 'open')),
    )
    if (raw) rememberExchange(raw, settings, opened)
    return opened
  }
}
