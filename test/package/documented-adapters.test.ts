// The adapters that docs/custom-adapters.md shows are those that readers begin with: the scenarios of every adapter
// run on them, from the text of the page.

import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { after, describe, test } from 'node:test'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply } from 'fastify'
import Koa from 'koa'
import type { Middleware } from 'koa'
import { scenariosFor } from 'coatcheck/testing'
import type { Reply, Routes, TestedAdapter } from 'coatcheck/testing'
import { samples } from './samples.ts'

type Managers = Parameters<TestedAdapter['start']>[0]
type Serve = (request: Request, next: () => Promise<Response>) => Promise<Response>

const folder = new URL('../../.samples-adapters/', import.meta.url)
const forwarded = 'x-forwarded-proto'
const secureHeaders = { [forwarded]: 'https' }

/** Imports one of the page's samples, edited so that it takes the managers of a scenario. */
async function importSample(index: number, edit: (code: string) => string): Promise<Record<string, unknown>> {
  const { name, code } = samples.find((sample) => sample.name === `docs-custom-adapters-md-${index}`) ?? {}
  assert.ok(name && code, `the page has a sample ${index}`)
  const edited = edit(code)
  assert.notEqual(edited, code, 'the sample can be edited')
  mkdirSync(folder, { recursive: true })
  const file = new URL(`${name}.ts`, folder)
  writeFileSync(file, edited)
  return (await import(file.href)) as Record<string, unknown>
}

/** As `node:http` would be used by a server of web-standard requests. */
function startFetch(serve: Serve): ReturnType<TestedAdapter['start']> {
  return listen(
    createServer(async (message, response) => {
      const url = `${message.headers[forwarded] ?? 'http'}://shop.test${message.url}`
      const headers = new Headers(message.headers as Record<string, string>)
      const request = new Request(url, { method: message.method ?? 'GET', headers })
      const answer = await serve(request, () => Promise.reject(new Error('no handler'))).catch(
        (error: { status?: number }) => new Response('error', { status: error.status ?? 500 }),
      )
      response.writeHead(answer.status, [...answer.headers].flat())
      if (answer.body) Readable.fromWeb(answer.body).pipe(response)
      else response.end()
    }),
  )
}

function listen(server: ReturnType<typeof createServer>): ReturnType<TestedAdapter['start']> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      resolve({
        origin: `http://127.0.0.1:${port}`,
        close: () => (server.close(), server.closeAllConnections()),
      })
    })
  })
}

async function answerByRoute(routes: Routes, request: Request): Promise<Response> {
  const headers = new Headers()
  let status = 200
  let body: string | ReadableStream | null = null
  const reply: Reply = {
    status: (code) => void (status = code),
    header: (name, value) => headers.append(name, value),
    send: (text) => void (body = text || null),
    redirect(path) {
      status = 302
      headers.set('location', path)
    },
    stream: (chunks) => void (body = Readable.toWeb(Readable.from(encode(chunks))) as never),
  }
  await routes[new URL(request.url).pathname]?.(request, reply)
  return new Response(body, { status, headers })
}

async function* encode(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const chunk of chunks) yield encoder.encode(chunk)
}

function replyOnKoa(context: Koa.Context): Reply {
  return {
    status: (code) => void (context.status = code),
    header: (name, value) => context.append(name, value),
    send(text) {
      const { status } = context
      context.body = text || null
      context.status = status
    },
    redirect: (path) => context.redirect(path),
    stream: (chunks) => void (context.body = Readable.from(chunks)),
  }
}

function replyOnFastify(reply: FastifyReply): Reply {
  return {
    status: (code) => void reply.code(code),
    header: (name, value) => void reply.header(name, value),
    send: (text) => void reply.send(text || undefined),
    redirect: (path) => void reply.redirect(path),
    stream: (chunks) => void reply.send(Readable.from(chunks)),
  }
}

after(() => rmSync(folder, { recursive: true, force: true }))

const { bindServe } = (await importSample(1, (code) =>
  code
    .replace('const sessions = createSessionManager()\n', 'export const bindServe = (sessions) => serve\n')
    .replace(/import \{ createSessionManager \}.*\n/, '')
    .replace('(sessions) => serve\n\nexport async function serve', '(sessions) => async function serve'),
)) as { bindServe: (sessions: Managers[number]) => Serve }
const { session } = (await importSample(2, (code) => code.slice(0, code.indexOf('\nconst sessions ')))) as {
  session: (sessions: Managers[number]) => Middleware
}
const { register } = (await importSample(3, (code) =>
  `${code.slice(0, code.indexOf('\napp.get('))}\n}\n`
    .replace('const sessions = createSessionManager()\n', 'export function register(app, sessions) {\n')
    .replace('const app = fastify()\n', ''),
)) as { register: (app: FastifyInstance, sessions: Managers[number]) => void }

const adapters: Readonly<Record<string, TestedAdapter>> = {
  'Request and Response': {
    secureHeaders,
    start: (managers, routes) =>
      startFetch((request) => {
        const handle = managers.reduceRight(
          (next: () => Promise<Response>, sessions) => () => bindServe(sessions)(request, next),
          () => answerByRoute(routes, request),
        )
        return handle()
      }),
  },
  Koa: {
    secureHeaders,
    start(managers, routes) {
      const app = new Koa()
      app.proxy = true
      app.silent = true
      for (const sessions of managers) app.use(session(sessions))
      app.use(async (context) => {
        context.status = 200
        await routes[context.path]?.(context, replyOnKoa(context))
      })
      return listen(createServer(app.callback()))
    },
  },
  Fastify: {
    secureHeaders,
    async start(managers, routes) {
      const app = fastify({ trustProxy: true, exposeHeadRoutes: false })
      for (const sessions of managers) register(app, sessions)
      app.all('*', async (request, reply) => {
        await routes[request.url]?.(request, replyOnFastify(reply))
        return reply
      })
      const origin = await app.listen({ port: 0, host: '127.0.0.1', listenTextResolver: () => '' })
      const close = (): Promise<void> => {
        app.server.closeAllConnections()
        return app.close()
      }
      return { origin, close }
    },
  },
}

for (const [name, adapter] of Object.entries(adapters)) {
  describe(`the adapter of docs/custom-adapters.md for ${name}`, () => {
    const scenarios = scenariosFor(adapter)
    test(`the adapter of docs/custom-adapters.md for ${name} has scenarios`, () =>
      assert.ok(scenarios.length > 30))
    for (const scenario of scenarios) test(scenario.name, () => scenario.run(adapter))
  })
}
