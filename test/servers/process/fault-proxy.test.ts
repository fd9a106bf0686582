import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { listenOnFreePort } from '../../support/listen-on-free-port.ts'
import { FaultProxy } from './fault-proxy.ts'
import { findFreePort } from './free-port.ts'

// A server that answers each line with `done: <line>`, and a proxy before it.

interface World {
  readonly proxy: FaultProxy
  /** The lines that the server has received, and acted upon. */
  readonly received: readonly string[]
  readonly serverPort: number
}

async function open(context: TestContext): Promise<World> {
  const received: string[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      received.push(...lines)
      for (const line of lines) socket.write(`done: ${line}\n`)
    })
    socket.on('end', () => socket.end())
  })
  const serverPort = await listenOnFreePort(server)
  const proxy = await FaultProxy.start(serverPort)
  context.after(async () => {
    await proxy.stop()
    server.close()
  })
  return { proxy, received, serverPort }
}

/** Speaks with the server line by line. */
class Client {
  readonly socket: Socket
  /** Resolves to the code of the connection's error, or to `end`. */
  readonly over: Promise<string>
  #text = ''
  #wake = () => {}

  constructor(context: TestContext, port: number) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.socket = socket
    this.over = new Promise((resolve) => {
      socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)))
      socket.on('close', () => resolve('end'))
    })
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text
      this.#wake()
    })
    socket.on('close', () => this.#wake())
    context.after(() => socket.destroy())
  }

  /** The answer to a line; `undefined` when the connection is lost before it. */
  async ask(line: string): Promise<string | undefined> {
    this.socket.write(`${line}\n`)
    return this.next()
  }

  /** The next line that comes. */
  async next(): Promise<string | undefined> {
    while (!this.#text.includes('\n')) {
      if (this.socket.destroyed) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const [line, ...others] = this.#text.split('\n')
    this.#text = others.join('\n')
    return line
  }
}

/** The other way to the server, so often that what had gone through the proxy would have arrived as well. */
async function askDirectly(context: TestContext, port: number): Promise<void> {
  const direct = new Client(context, port)
  for (let round = 0; round < 20; round += 1) await direct.ask('direct')
}

test('lets everything pass, the end included', { timeout: 10_000 }, async (context) => {
  const { proxy } = await open(context)
  const client = new Client(context, proxy.port)
  assert.equal(await client.ask('one'), 'done: one')
  assert.equal(await client.ask('x'.repeat(500_000)), `done: ${'x'.repeat(500_000)}`)
  client.socket.end()
  assert.equal(await client.over, 'end')
})

test(
  'refuses new connections and resets those that exist, until it lets pass again',
  { timeout: 10_000 },
  async (context) => {
    const { proxy } = await open(context)
    const existing = new Client(context, proxy.port)
    await existing.ask('one')
    proxy.refuse()
    assert.equal(await existing.over, 'ECONNRESET')
    const refused = new Client(context, proxy.port)
    assert.match(await refused.over, /ECONNRESET|EPIPE/)
    proxy.pass()
    assert.equal(await new Client(context, proxy.port).ask('two'), 'done: two')
  },
)

test('unplugged, refuses connections until it is plugged in again', { timeout: 10_000 }, async (context) => {
  const { proxy } = await open(context)
  const existing = new Client(context, proxy.port)
  await existing.ask('one')
  await proxy.unplug()
  assert.equal(await existing.over, 'ECONNRESET')
  assert.equal(await new Client(context, proxy.port).over, 'ECONNREFUSED')
  await proxy.plugIn()
  assert.equal(await new Client(context, proxy.port).ask('two'), 'done: two')
  await proxy.unplug()
})

test('closes the connections that exist and serves new ones', { timeout: 10_000 }, async (context) => {
  const { proxy } = await open(context)
  const existing = new Client(context, proxy.port)
  await existing.ask('one')
  assert.equal(proxy.connectionCount, 1)
  proxy.closeConnections()
  assert.equal(await existing.over, 'ECONNRESET')
  assert.equal(await new Client(context, proxy.port).ask('two'), 'done: two')
  assert.equal(proxy.connectionCount, 1)
})

test('a server that is not there resets the client', { timeout: 10_000 }, async (context) => {
  const proxy = await FaultProxy.start(await findFreePort())
  context.after(() => proxy.stop())
  const client = new Client(context, proxy.port)
  assert.equal(await client.over, 'ECONNRESET')
})

test(
  'stalls in both directions, and then delivers what was held back',
  { timeout: 10_000 },
  async (context) => {
    const { proxy, received, serverPort } = await open(context)
    const client = new Client(context, proxy.port)
    await client.ask('one')
    proxy.stall()
    const answer = client.ask('two')
    const accepted = new Client(context, proxy.port)
    await once(accepted.socket, 'connect')
    await askDirectly(context, serverPort)
    assert.ok(!received.includes('two'))
    proxy.pass()
    assert.equal(await answer, 'done: two')
    assert.equal(await accepted.ask('three'), 'done: three')
  },
)

test(
  'delays every chunk, and a new delay holds for what an old one has held back',
  { timeout: 10_000 },
  async (context) => {
    const { proxy, received, serverPort } = await open(context)
    const client = new Client(context, proxy.port)
    await client.ask('one')
    proxy.delay(3_600_000)
    const answer = client.ask('two')
    await askDirectly(context, serverPort)
    assert.ok(!received.includes('two'))
    proxy.delay(20)
    const begin = performance.now()
    assert.equal(await answer, 'done: two')
    assert.ok(performance.now() - begin >= 38, 'there and back are two delays of 20 ms')
  },
)

test('jitter keeps the order', { timeout: 20_000 }, async (context) => {
  const { proxy, received } = await open(context)
  proxy.delay({ from: 1, to: 10, seed: 7 })
  const client = new Client(context, proxy.port)
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`)
  for (const line of lines) {
    client.socket.write(`${line}\n`)
    await new Promise(setImmediate)
  }
  for (const line of lines) assert.equal(await client.next(), `done: ${line}`)
  assert.deepEqual(received, lines)
})

test(
  'cut at the answer: the server has acted, and the client does not know',
  { timeout: 10_000 },
  async (context) => {
    const { proxy, received } = await open(context)
    const [client, other] = [new Client(context, proxy.port), new Client(context, proxy.port)]
    await client.ask('one')
    await other.ask('one')
    const cut = proxy.cutAt('answer', (request) => request.includes('write'))
    assert.equal(await client.ask('read'), 'done: read')
    assert.equal(await client.ask('write'), undefined)
    assert.equal(await client.over, 'ECONNRESET')
    await cut
    assert.equal(received.filter((line) => line === 'write').length, 1)
    assert.equal(await other.ask('write'), 'done: write')
  },
)

test('cut at the request: the server has not heard of it', { timeout: 10_000 }, async (context) => {
  const { proxy, received, serverPort } = await open(context)
  const client = new Client(context, proxy.port)
  await client.ask('one')
  const cut = proxy.cutAt('request')
  assert.equal(await client.ask('write'), undefined)
  await cut
  await askDirectly(context, serverPort)
  assert.ok(!received.includes('write'))
})

test('a cut that is cancelled cuts nothing', { timeout: 10_000 }, async (context) => {
  const { proxy } = await open(context)
  void proxy.cutAt('answer')
  proxy.cancelCut()
  assert.equal(await new Client(context, proxy.port).ask('one'), 'done: one')
})

test('stops while connections are open and stalled', { timeout: 10_000 }, async (context) => {
  const { proxy } = await open(context)
  const client = new Client(context, proxy.port)
  await client.ask('one')
  proxy.stall()
  client.socket.write('two\n')
  await proxy.stop()
  assert.equal(await client.over, 'ECONNRESET')
  assert.equal(proxy.connectionCount, 0)
})
