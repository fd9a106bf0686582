// How an adapter shows itself to the kit. Frameworks differ in how a route is written and a
// response is sent, so the kit writes its routes against `Reply`, and whoever tests an adapter says
// once what its five verbs are in the framework at hand. Everything else about the scenarios is the
// same for all. Next: the scenarios themselves, in adapter-scenarios/, and examples in
// test/support/adapters.ts.

import type { Duration } from '../duration.ts'
import type { SessionManager } from '../manager/session-manager.ts'
import type { Awaitable } from '../store.ts'

/**
 * What every framework can do with a response, under one name each.
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
  /** Sets the status of the response. @default 200 */
  status(code: number): void
  /** Adds a header line, beside others of that name. */
  header(name: string, value: string): void
  /** Ends the response with a text; an empty one means no body. */
  send(text: string): void
  /** Ends it with status 302 and a Location. */
  redirect(path: string): void
  /** Ends it with a body that is sent chunk by chunk, each as soon as it is there. */
  stream(chunks: AsyncIterable<string>): void
}

/**
 * What happens at a path. What it throws, at once or as a rejection, goes to the framework's own error
 * handling.
 *
 * @param context - What `getSession` of the adapter takes: the request, or the framework's context.
 *
 * @example
 * ```ts
 * const readTheme: Route = (context, reply) => reply.send(String(getSession(context).get('theme')))
 * ```
 */
export type Route = (context: object, reply: Reply) => unknown

/**
 * The routes of a server, by path. Each answers every method.
 *
 * @example
 * ```ts
 * const routes: Routes = { '/handle': (context, reply) => reply.send(getSession(context).handle) }
 * ```
 */
export type Routes = Readonly<Record<string, Route>>

/**
 * A server that was started for a scenario.
 *
 * @example
 * ```ts
 * const running: RunningServer = { origin: 'http://127.0.0.1:3000', close: () => server.close() }
 * ```
 */
export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:41234`. */
  readonly origin: string
  /** Stops it at once, open connections included. */
  close(): Awaitable<unknown>
}

/**
 * What some frameworks, or some servers of a test, cannot do.
 *
 * @example
 * ```ts
 * const lacks: readonly AdapterFeature[] = ['streams']
 * ```
 */
export type AdapterFeature = 'streams' | 'several managers' | 'https'

/**
 * An adapter to be tested: how a server of its framework is made of the kit's routes.
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
  /** What its framework cannot do. @default nothing */
  readonly lacks?: readonly AdapterFeature[]
  /**
   * Request headers that make this server take a request for one over https, such as
   * `{ 'x-forwarded-proto': 'https' }` where it trusts a proxy. @default it `lacks` https
   */
  readonly secureHeaders?: Readonly<Record<string, string>>
  /** How long a scenario waits for the server to start, to answer, or to stop, each time. @default '10s' */
  readonly timeout?: Duration
  /**
   * Starts a real server on a free port: sessions of each manager first, in order, as an
   * application would add them, then the routes. An exception of a route becomes its `status`, or 500.
   */
  start(managers: readonly SessionManager<Record<string, unknown>>[], routes: Routes): Promise<RunningServer>
}

/**
 * Something every adapter must do, over real sockets, to run under any test runner.
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
  /** The scenario is for frameworks that can do all of this. @default none: for every framework */
  readonly requires?: readonly AdapterFeature[] | undefined
  /** Rejects when the adapter does otherwise, or does not answer. Stops the servers that it started. */
  run(adapter: TestedAdapter): Promise<void>
}
