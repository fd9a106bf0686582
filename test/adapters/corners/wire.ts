import { once } from 'node:events'
import * as http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as http2 from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { connect } from 'node:net'
import type { Server, Socket } from 'node:net'
import { listenOnFreePort } from '../../support/listen-on-free-port.ts'

export type Protocol = 'http/1.1' | 'http2'
export const protocols = ['http/1.1', 'http2'] as const

export type Listener = (request: IncomingMessage, response: ServerResponse) => void

export interface TestRequest {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
}

/** A client that records what arrives on the wire; http2 frames are written as http/1.1 would be. */
export interface Client {
  /** What has arrived so far, without Date headers. */
  received(): string
  /** Resolves to everything that arrived, once the server has finished. */
  readonly done: Promise<string>
  /** Disconnects. */
  leave(): void
}

export interface Wire extends AsyncDisposable {
  readonly server: Server
  readonly port: number
  send(request: TestRequest): Client
}

/** Starts a real server of either protocol on a free loopback port. */
export async function openWire(protocol: Protocol, listener: Listener): Promise<Wire> {
  const server: Server =
    protocol === 'http2' ? http2.createServer(listener as never) : http.createServer(listener)
  const port = await listenOnFreePort(server)
  const clients: { destroy(): void }[] = []
  return {
    server,
    port,
    send(request) {
      const opened = protocol === 'http2' ? sendHttp2(port, request) : sendHttp1(port, formatRequest(request))
      clients.push(opened.connection)
      return opened
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

type Opened<Connection> = Client & { readonly connection: Connection }

/** Sends bytes and records what arrives until the server closes the connection. */
export function sendHttp1(port: number, sent: string): Opened<Socket> {
  const connection = connect(port, '127.0.0.1')
  const reply = new Reply()
  connection.setEncoding('latin1')
  connection.on('data', (text) => reply.add(String(text)))
  connection.on('error', () => {})
  connection.write(sent, 'latin1')
  const done = new Promise<string>((resolve) => connection.on('close', () => resolve(reply.text)))
  return { connection, done, received: () => reply.text, leave: () => void connection.destroy() }
}

function sendHttp2(port: number, request: TestRequest): Opened<ClientHttp2Session> {
  const { method = 'GET', path = '/', headers = {}, body = '' } = request
  const connection = http2.connect(`http://127.0.0.1:${port}`)
  connection.on('error', () => {})
  const pseudo = { ':method': method, ':path': path }
  const stream = connection.request({ ...pseudo, ...(headers as object) }, { endStream: body === '' })
  if (body) stream.end(body)
  const reply = new Reply()
  const done = readStream(stream, reply).finally(() => connection.close())
  return { connection, done, received: () => reply.text, leave: () => connection.destroy() }
}

/** Records what arrives on a stream. */
export async function readStream(stream: ClientHttp2Stream, reply: Reply = new Reply()): Promise<string> {
  const addHead = (_headers: unknown, _flags: unknown, raw: readonly string[]): void =>
    reply.add(spellHead(raw))
  for (const name of ['headers', 'response', 'push', 'trailers'])
    stream.on(name as 'response', addHead as never)
  stream.setEncoding('latin1')
  stream.on('data', (text) => reply.add(String(text)))
  stream.on('error', () => {})
  // Here a stream that the server ended is still open; one that it reset, even with NO_ERROR, is closed.
  let isReset = false
  stream.on('end', () => (isReset = stream.closed))
  await new Promise((resolve) => stream.on('close', resolve))
  if (isReset || stream.rstCode !== 0) reply.add(`\r\nreset ${stream.rstCode}`)
  return reply.text
}

/** What arrived, without Date headers. */
export class Reply {
  #text = ''

  add(text: string): void {
    this.#text += text
  }

  get text(): string {
    return this.#text.replaceAll(/^date: .*\r\n/gim, '')
  }
}

function spellHead(raw: readonly string[]): string {
  let text = ''
  for (let index = 0; index < raw.length; index += 2) text += `${raw[index]}: ${raw[index + 1]}\r\n`
  return `${text}\r\n`
}

/** A request as http/1.1 writes it. */
export function formatRequest({ method = 'GET', path = '/', headers = {}, body = '' }: TestRequest): string {
  const entries: (readonly [string, string | readonly string[]])[] = [
    ['Host', 'x'],
    ...Object.entries(headers),
  ]
  if (body) entries.push(['Content-Length', String(body.length)])
  const lines = entries.flatMap(([name, value]) => [value].flat().map((line) => `${name}: ${line}\r\n`))
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** The last request of a connection: its answer shows in which state the previous request left it. */
export const lastRequest = formatRequest({ path: '/last', headers: { Connection: 'close' } })
