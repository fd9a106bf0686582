import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { holdHead } from '../../src/adapters/node/hold-head.ts'
import type { HeadGate } from '../../src/adapters/node/head-gate.ts'
import { listenOnFreePort } from '../support/listen-on-free-port.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A gate whose promise the test settles. `arrived` resolves when the head is about to be sent. */
export interface ControlledGate extends HeadGate {
  arrived: Promise<void>
  release(): void
  refuse(error: Error): void
}

export function createControlledGate(): ControlledGate {
  const arrival = Promise.withResolvers<void>()
  const opening = Promise.withResolvers<void>()
  return {
    arrived: arrival.promise,
    release: opening.resolve,
    refuse: opening.reject,
    open() {
      arrival.resolve()
      return opening.promise
    },
    fail: answerBusy,
  }
}

export function answerBusy(error: unknown, response: ServerResponse): void {
  response.statusCode = 503
  response.setHeader('Content-Type', 'text/plain')
  response.end(`busy: ${(error as Error).message}`)
}

export async function listen(handler: Handler): Promise<Listening> {
  const server = createServer(handler)
  await listenOnFreePort(server)
  return new Listening(server)
}

export class Listening implements AsyncDisposable {
  readonly server: Server

  constructor(server: Server) {
    this.server = server
  }

  connect(): Socket {
    const { port } = this.server.address() as AddressInfo
    return connect(port, '127.0.0.1')
  }

  /** Sends bytes and returns what arrives until the server closes, without Date headers. */
  async exchange(sent: string): Promise<string> {
    const socket = this.connect()
    socket.setEncoding('latin1')
    socket.write(sent)
    return (await text(socket)).replaceAll(/Date: .*\r\n/g, '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}

/** A request that asks the server to close the connection afterwards. */
export function lastRequest(method = 'GET'): string {
  return `${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
}

/** Serves one request behind `gate`. `received` resolves to everything that the client got. */
export async function serveHeld(gate: HeadGate, handler: Handler): Promise<Held> {
  const arrival = Promise.withResolvers<ServerResponse>()
  const closing = Promise.withResolvers<void>()
  const listening = await listen((request, response) => {
    response.on('error', () => {})
    response.on('close', closing.resolve)
    holdHead(response, gate)
    arrival.resolve(response)
    handler(request, response)
  })
  const client = listening.connect()
  client.setEncoding('latin1')
  client.on('error', () => {})
  client.write(lastRequest())
  const response = await arrival.promise
  return {
    response,
    client,
    closed: closing.promise,
    received: text(client).then((bytes) => bytes.replaceAll(/Date: .*\r\n/g, ''), String),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}

interface Held extends AsyncDisposable {
  response: ServerResponse
  client: Socket
  closed: Promise<void>
  received: Promise<string>
}
