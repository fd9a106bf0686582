import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import express from 'express'
import express4 from 'express4'
import { session as expressSession } from '../../src/adapters/express.ts'
import { session as connectSession, withSession as withNodeSession } from '../../src/adapters/node.ts'
import { withSession as withFetchSession } from '../../src/adapters/fetch.ts'
import type { Session, SessionManager } from '../../src/index.ts'
import { serve } from './serve.ts'

/** What every framework can do with a response, under one name each. */
export interface Reply {
  status(code: number): void
  header(name: string, value: string): void
  send(text: string): void
  redirect(path: string): void
  stream(body: Readable): void
}

type Loose = Record<string, unknown>
export type Routes = Record<string, (session: () => Session<Loose>, reply: Reply) => unknown>

/** Starts a server with the given routes and resolves to its origin. */
export type StartServer = (
  context: TestContext,
  sessions: SessionManager<Loose>,
  routes: Routes,
) => Promise<string>

/** The same routes on every adapter, over real sockets. */
export const servers: Record<string, StartServer> = {
  'node:http': (context, sessions, routes) =>
    serve(
      context,
      withErrors(
        withNodeSession((request, response) => route(sessions, routes, request, response), sessions),
      ),
    ),

  Connect: (context, sessions, routes) => {
    const middleware = connectSession(sessions)
    return serve(context, (request, response) =>
      middleware(request, response, () =>
        answerErrors(response, () => route(sessions, routes, request, response)),
      ),
    )
  },

  'Express 5': (context, sessions, routes) => serve(context, createExpressApp(express, sessions, routes)),

  'Express 4': (context, sessions, routes) => serve(context, createExpressApp(express4, sessions, routes)),

  fetch: (context, sessions, routes) => {
    const handle = withFetchSession((request) => replyInFetch(sessions, routes, request), sessions)
    return serve(context, async (message, response) => {
      const headers = new Headers(message.headers as Record<string, string>)
      const request = new Request(`http://shop.test${message.url}`, {
        method: message.method ?? 'GET',
        headers,
      })
      const answer = await handle(request).catch(
        (error: { status?: number }) => new Response('error', { status: error.status ?? 500 }),
      )
      response.writeHead(answer.status, [...answer.headers].flat())
      if (answer.body) Readable.from(answer.body).pipe(response)
      else response.end()
    })
  },
}

function createExpressApp(
  create: typeof express,
  sessions: SessionManager<Loose>,
  routes: Routes,
): ReturnType<typeof express> {
  const app = create()
  app.set('env', 'test')
  app.use(expressSession(sessions))
  app.use((request, response, next) => {
    const isHandled = route(sessions, routes, request, response)
    if (isHandled instanceof Promise) isHandled.catch(next)
  })
  return app
}

function route(
  sessions: SessionManager<Loose>,
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): unknown {
  return routes[request.url ?? '']?.(() => sessions.get(request), replyOnNode(response))
}

function replyOnNode(response: ServerResponse): Reply {
  return {
    status: (code) => void (response.statusCode = code),
    header: (name, value) => void response.appendHeader(name, value),
    send: (text) => void response.end(text),
    redirect: (path) => void response.writeHead(302, { Location: path }).end(),
    stream: (body) => void body.pipe(response),
  }
}

/** A bare server has no error handling of its own: the test's answers 500, as a framework would. */
function withErrors(listener: (request: IncomingMessage, response: ServerResponse) => void) {
  return (request: IncomingMessage, response: ServerResponse) => {
    answerErrors(response, () => listener(request, response))
  }
}

function answerErrors(response: ServerResponse, run: () => unknown): void {
  const answer = (error: unknown) => {
    response.statusCode = (error as { status?: number }).status ?? 500
    response.end('error')
  }
  try {
    const result = run()
    if (result instanceof Promise) result.catch(answer)
  } catch (error) {
    answer(error)
  }
}

async function replyInFetch(
  sessions: SessionManager<Loose>,
  routes: Routes,
  request: Request,
): Promise<Response> {
  const headers = new Headers()
  let status = 200
  let body: string | ReadableStream | null = null
  await routes[new URL(request.url).pathname]?.(() => sessions.get(request), {
    status: (code) => void (status = code),
    header: (name, value) => headers.append(name, value),
    send: (text) => void (body = text),
    redirect(path) {
      status = 302
      headers.set('location', path)
    },
    stream: (readable) =>
      void (body = Readable.toWeb(readable.map((chunk: string) => Buffer.from(chunk))) as ReadableStream),
  })
  return new Response(body, { status, headers })
}
