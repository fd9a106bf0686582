import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import { inspect } from './start-redis.ts'

/**
 * What drivers, replicas, Sentinels and these tests send for themselves: connecting, watching,
 * following the topology.
 */
const housekeeping = new Set(
  (
    'hello auth select client command info ping echo role cluster readonly publish subscribe sentinel ' +
    'replconf psync config monitor memory type quit'
  ).split(' '),
)

/**
 * Counts the commands that clients send to one server. The counters of INFO include the commands that
 * scripts run, so this counts what the server reports to MONITOR, where those are marked as `lua`.
 */
export class CommandCounter {
  readonly #port: number
  readonly #socket: Socket
  readonly #marks = new Map<string, () => void>()
  #count = 0
  #rest = ''

  private constructor(port: number, socket: Socket) {
    this.#port = port
    this.#socket = socket
    socket.setEncoding('latin1').on('data', (chunk: string) => this.#readLines(chunk))
    socket.on('error', () => {})
  }

  /** Starts counting, from zero. */
  static async start(port: number): Promise<CommandCounter> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const counter = new CommandCounter(port, socket)
    socket.write('MONITOR\r\n')
    await counter.count()
    return counter
  }

  /** How many commands the server has executed since the start. The server reports them in order. */
  async count(): Promise<number> {
    const mark = randomBytes(8).toString('hex')
    const { promise: seen, resolve, reject } = Promise.withResolvers<void>()
    const fail = (): void => reject(new Error('the server ended while it was monitored'))
    this.#marks.set(mark, resolve)
    this.#socket.once('close', fail)
    // The first mark may reach the server before MONITOR does.
    const repeated = setInterval(() => void this.#sendMark(mark), 50)
    await this.#sendMark(mark)
    try {
      await seen
      return this.#count
    } finally {
      clearInterval(repeated)
      this.#socket.off('close', fail)
      this.#marks.delete(mark)
    }
  }

  /** Stops counting. */
  stop(): void {
    this.#socket.destroy()
  }

  #sendMark(mark: string): Promise<unknown> {
    return inspect(this.#port, (inspector) => inspector.sendCommand(['ECHO', mark])).catch(() => {})
  }

  #readLines(chunk: string): void {
    const lines = `${this.#rest}${chunk}`.split('\r\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, source = '', name = '', rest = ''] =
        /^\+[\d.]+ \[\d+ ([^\]]+)\] "([^"]+)"(.*)$/s.exec(line) ?? []
      if (name.toLowerCase() === 'echo') this.#marks.get(rest.trim().slice(1, -1))?.()
      if (name !== '' && source !== 'lua' && !housekeeping.has(name.toLowerCase())) this.#count += 1
    }
  }
}
