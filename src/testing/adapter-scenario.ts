// How the kit drives an adapter. Frameworks differ in how a route is written and a response is sent,
// so the kit writes its routes against `Reply`, and the author of an adapter maps its five methods to
// the framework once. The scenarios are the same for all adapters: see adapter-scenarios/, and
// test/support/adapters.ts for examples.

import type { Awaitable } from '../contract/store.ts'
import type { Duration } from '../duration.ts'
import type { SessionManager } from '../manager/session-manager.ts'

/**
 * What every framework can do with a response.
 *
 * @example
 * ```ts
 * function toReply(response: express.Response): Reply {
 *   return {
 *     status: (code) => void response.status(code),
 *     header: (name, value) => void response.append(name, value),
 *     send: (text) => void response.end(text),
 *     redirect: (path) => response.redirect(path),
 *     async stream(chunks) {
 *       for await (const chunk of chunks) response.write(chunk)
 *       response.end()
 *     },
 *   }
 * }
 * ```
 */
export interface Reply {
  /**
   * Sets the status of the response.
   * @default 200
   */
  status(code: number): void
  /** Adds a header line, keeping others of that name. */
  header(name: string, value: string): void
  /** Ends the response with a text; an empty string means no body. */
  send(text: string): void
  /** Ends the response with status 302 and a Location. */
  redirect(path: string): void
  /** Ends the response with a stream, sending each chunk as soon as it is available. */
  stream(chunks: AsyncIterable<string>): void
}

/**
 * The handler of a path. What it throws or rejects with goes to the framework's own error handling.
 *
 * @param context - The argument of the adapter's `getSession`: the request, or the framework's context.
 */
export type Route = (context: object, reply: Reply) => unknown

/** The routes of a server, by path. Each handles every method. */
export type Routes = Readonly<Record<string, Route>>

/** A server that was started for a scenario. */
export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:41234`. */
  readonly origin: string
  /** Stops the server at once, closing open connections. */
  close(): Awaitable<unknown>
}

/** What some frameworks, or some test servers, cannot do. */
export type AdapterFeature = 'streams' | 'several managers' | 'https'

/**
 * An adapter to test: how to start a server of its framework with the kit's routes.
 *
 * @example
 * ```ts
 * const adapter: TestedAdapter = {
 *   async start(managers, routes) {
 *     const app = framework()
 *     for (const sessions of managers) app.use(session(sessions))
 *     app.use((context) => routes[context.path]?.(context, toReply(context)))
 *     const server = await app.listen(0)
 *     return { origin: server.origin, close: () => server.close() }
 *   },
 * }
 * ```
 */
export interface TestedAdapter {
  /**
   * What the framework cannot do.
   * @default nothing
   */
  readonly lacks?: readonly AdapterFeature[]
  /**
   * Request headers that make this server treat a request as https, such as
   * `{ 'x-forwarded-proto': 'https' }` if it trusts a proxy.
   * @default none: it `lacks` https
   */
  readonly secureHeaders?: Readonly<Record<string, string>>
  /**
   * How long a scenario waits for the server to start, to respond or to stop, each time.
   * @default '10s'
   */
  readonly timeout?: Duration
  /**
   * Starts a real server on a free port: first the session middleware of each manager, in order, then
   * the routes. An exception from a route becomes a response with its `status`, or 500.
   */
  start(managers: readonly SessionManager<Record<string, unknown>>[], routes: Routes): Promise<RunningServer>
}

/**
 * Something every adapter must do, tested over real sockets, under any test runner.
 *
 * @example
 * ```ts
 * const mine: AdapterScenario = {
 *   name: 'a page without a session sets no cookie',
 *   async run(adapter) {
 *     const { origin, close } = await adapter.start([createSessionManager()], { '/': (_, reply) => reply.send('hello') })
 *     const response = await fetch(origin)
 *     await close()
 *     assert.equal(response.headers.get('set-cookie'), null)
 *   },
 * }
 * ```
 */
export interface AdapterScenario {
  /** What the adapter must do. */
  readonly name: string
  /**
   * The scenario applies only to frameworks that can do all of this.
   * @default none: the scenario applies to every framework
   */
  readonly requires?: readonly AdapterFeature[] | undefined
  /** Rejects if the adapter behaves differently or does not respond. Stops the servers it started. */
  run(adapter: TestedAdapter): Promise<void>
}
