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

export interface Question {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
}

/** A client that keeps what arrived as it stood on the wire; http2's frames are spelt like http/1.1. */
export interface Client {
  /** What has come so far, without the Date. */
  received(): string
  /** Settles with all that came, when the server has said its last word. */
  readonly done: Promise<string>
  /** Leaves without a word. */
  leave(): void
}

export interface Wire extends AsyncDisposable {
  readonly server: Server
  readonly port: number
  ask(question: Question): Client
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
    ask(question) {
      const opened = protocol === 'http2' ? askHttp2(port, question) : askHttp1(port, writeQuestion(question))
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

/** Sends bytes and keeps what comes until the server closes the connection. */
export function askHttp1(port: number, sent: string): Opened<Socket> {
  const connection = connect(port, '127.0.0.1')
  const reply = new Reply()
  connection.setEncoding('latin1')
  connection.on('data', (text) => reply.add(String(text)))
  connection.on('error', () => {})
  connection.write(sent, 'latin1')
  const done = new Promise<string>((resolve) => connection.on('close', () => resolve(reply.text)))
  return { connection, done, received: () => reply.text, leave: () => void connection.destroy() }
}

function askHttp2(port: number, question: Question): Opened<ClientHttp2Session> {
  const { method = 'GET', path = '/', headers = {}, body = '' } = question
  const connection = http2.connect(`http://127.0.0.1:${port}`)
  connection.on('error', () => {})
  const pseudo = { ':method': method, ':path': path }
  const stream = connection.request({ ...pseudo, ...(headers as object) }, { endStream: body === '' })
  if (body) stream.end(body)
  const reply = new Reply()
  const done = readStream(stream, reply).finally(() => connection.close())
  return { connection, done, received: () => reply.text, leave: () => connection.destroy() }
}

/** Spells what arrives on a stream. */
export async function readStream(stream: ClientHttp2Stream, reply: Reply = new Reply()): Promise<string> {
  const addHead = (_headers: unknown, _flags: unknown, raw: readonly string[]): void =>
    reply.add(spellHead(raw))
  for (const name of ['headers', 'response', 'push', 'trailers'])
    stream.on(name as 'response', addHead as never)
  stream.setEncoding('latin1')
  stream.on('data', (text) => reply.add(String(text)))
  stream.on('error', () => {})
  // A stream that the server ended is still open here; one that it reset, if only with NO_ERROR, is closed.
  let isReset = false
  stream.on('end', () => (isReset = stream.closed))
  await new Promise((resolve) => stream.on('close', resolve))
  if (isReset || stream.rstCode !== 0) reply.add(`\r\nreset ${stream.rstCode}`)
  return reply.text
}

/** What arrived, without the Date. */
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
export function writeQuestion({ method = 'GET', path = '/', headers = {}, body = '' }: Question): string {
  const entries: (readonly [string, string | readonly string[]])[] = [
    ['Host', 'x'],
    ...Object.entries(headers),
  ]
  if (body) entries.push(['Content-Length', String(body.length)])
  const lines = entries.flatMap(([name, value]) => [value].flat().map((line) => `${name}: ${line}\r\n`))
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** The last request of a connection: it shows in what state the one before left it. */
export const lastQuestion = writeQuestion({ path: '/last', headers: { Connection: 'close' } })
