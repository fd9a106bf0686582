import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import express from 'express'
import type { NextFunction, Request as ExpressRequest, Response as ExpressResponse } from 'express'
import express4 from 'express4'
import polka from 'polka'
import { session as expressSession } from '../../src/express.ts'
import { withSession as withFetchSession } from '../../src/fetch.ts'
import { session as connectSession, withSession as withNodeSession } from '../../src/node.ts'
import { SessionError } from '../../src/index.ts'
import type { Reply, Routes, TestedAdapter } from '../../src/testing.ts'
import { listen } from './serve.ts'

const forwarded = 'x-forwarded-proto'
const secureHeaders = { [forwarded]: 'https' }

/** Every adapter of ours, on every framework it serves, over real sockets. */
export const adapters: Readonly<Record<string, TestedAdapter>> = {
  'node:http': {
    secureHeaders,
    start(managers, routes) {
      const handle = (request: IncomingMessage, response: ServerResponse): unknown =>
        answerErrors(response, () => route(routes, request, replyOnNode(response)))
      return listenAsTls(
        managers.reduceRight((handler, sessions) => withNodeSession(handler, sessions), handle),
      )
    },
  },

  Connect: {
    secureHeaders,
    start(managers, routes) {
      const last = (request: IncomingMessage, response: ServerResponse, next: (error: unknown) => void) =>
        forwardErrors(next, () => route(routes, request, replyOnNode(response)))
      const chain = [...managers.map((sessions) => connectSession(sessions)), last]
      return listenAsTls((request, response) => {
        const run = (index: number) => (error?: unknown) =>
          error === undefined
            ? chain[index]?.(request, response, run(index + 1))
            : answerError(error, response)
        run(0)()
      })
    },
  },

  'Polka 0.5': {
    secureHeaders,
    start(managers, routes) {
      // Polka's own would make the error's `code`, a string, the status.
      const app = polka({ onError: (error, _request, response) => answerError(error, response) })
      for (const sessions of managers) app.use(connectSession(sessions))
      app.use((request, response, next) =>
        forwardErrors(next as (error: unknown) => void, () => route(routes, request, replyOnNode(response))),
      )
      return listenAsTls((request, response) => app.handler(request as polka.Request, response))
    },
  },

  'Express 5': {
    secureHeaders,
    start: (managers, routes) => listen(createExpressApp(express, managers, routes)),
  },

  'Express 4': {
    secureHeaders,
    start: (managers, routes) => listen(createExpressApp(express4, managers, routes)),
  },

  fetch: {
    secureHeaders,
    start(managers, routes) {
      const handle = managers.reduceRight<(request: Request) => Promise<Response>>(
        (handler, sessions) => withFetchSession(handler, sessions),
        (request) => replyInFetch(routes, request),
      )
      return listen(async (message, response) => {
        const headers = new Headers(message.headers as Record<string, string>)
        const request = new Request(`${message.headers[forwarded] ?? 'http'}://shop.test${message.url}`, {
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
  },
}

/** The sockets look as those of a TLS server do, for requests with the header. */
function listenAsTls(listener: RequestListener): ReturnType<typeof listen> {
  return listen((request, response) => {
    Object.assign(request.socket, { encrypted: request.headers[forwarded] === 'https' })
    listener(request, response)
  })
}

function route(routes: Routes, request: IncomingMessage, reply: Reply): unknown {
  return routes[request.url ?? '']?.(request, reply)
}

function replyOnNode(response: ServerResponse): Reply {
  return {
    status: (code) => void (response.statusCode = code),
    header: (name, value) => void response.appendHeader(name, value),
    send: (text) => void response.end(text),
    redirect: (path) => void response.writeHead(302, { Location: path }).end(),
    stream: (chunks) => void Readable.from(chunks).pipe(response),
  }
}

function createExpressApp(
  create: typeof express,
  managers: Parameters<TestedAdapter['start']>[0],
  routes: Routes,
): ReturnType<typeof express> {
  const app = create().set('env', 'test').set('trust proxy', true)
  for (const sessions of managers) app.use(expressSession(sessions))
  // Express 4 does not look at the promises of its handlers.
  return app.use((request: ExpressRequest, response: ExpressResponse, next: NextFunction) =>
    forwardErrors(next, () =>
      route(routes, request, {
        status: (code) => void response.status(code),
        header: (name, value) => void response.append(name, value),
        send: (text) => void response.send(text),
        redirect: (path) => response.redirect(path),
        stream: (chunks) => void Readable.from(chunks).pipe(response),
      }),
    ),
  )
}

async function replyInFetch(routes: Routes, request: Request): Promise<Response> {
  const headers = new Headers()
  let status = 200
  let body: string | ReadableStream | null = null
  await routes[new URL(request.url).pathname]?.(request, {
    status: (code) => void (status = code),
    header: (name, value) => headers.append(name, value),
    send: (text) => void (body = text || null),
    redirect(path) {
      status = 302
      headers.set('location', path)
    },
    stream: (chunks) => void (body = Readable.toWeb(Readable.from(encode(chunks))) as ReadableStream),
  })
  return new Response(body, { status, headers })
}

async function* encode(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const chunk of chunks) yield encoder.encode(chunk)
}

/** A bare server has no error handling of its own, but for what `withSession` answers. */
async function answerErrors(response: ServerResponse, run: () => unknown): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (error instanceof SessionError) throw error
    answerError(error, response)
  }
}

function forwardErrors(next: (error: unknown) => void, run: () => unknown): void {
  const result = new Promise((resolve) => resolve(run()))
  result.catch(next)
}

function answerError(error: unknown, response: ServerResponse): void {
  response.statusCode = (error as { status?: number }).status ?? 500
  response.end('error')
}
