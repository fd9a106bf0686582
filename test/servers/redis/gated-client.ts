import { setImmediate as nextTurn } from 'node:timers/promises'
import type { NodeRedisClient } from '../../../src/stores/redis/redis-client.ts'

/** A command that an actor wants to send. */
interface Waiting {
  readonly actor: string
  /** Lets it go, and resolves when it has been answered. */
  send(): Promise<void>
}

/**
 * Holds every command until the test lets it go, so that two actors on one Redis run in exactly the order
 * that a schedule says.
 */
export class CommandGate {
  readonly #waiting: Waiting[] = []
  /** The actors whose commands were sent, in order. */
  readonly sent: string[] = []

  /** A client whose commands wait here. */
  guard(actor: string, client: NodeRedisClient): NodeRedisClient {
    const wait = <Reply>(send: () => Promise<Reply>): Promise<Reply> =>
      new Promise((resolve, reject) => {
        this.#waiting.push({
          actor,
          async send() {
            const answer = send()
            await answer.then(resolve, reject)
          },
        })
      })
    return {
      get: (key) => wait(() => client.get(key)),
      evalSha: (sha1, parameters) => wait(() => client.evalSha(sha1, parameters)),
      eval: (script, parameters) => wait(() => client.eval(script, parameters)),
    }
  }

  /** The actors with a waiting command. Each has gone on from its last answer by then. */
  async settle(): Promise<string[]> {
    // An answer is followed by microtasks only, until the next command waits.
    await nextTurn()
    await nextTurn()
    return this.#waiting.map(({ actor }) => actor)
  }

  /** Sends the waiting command at a position. */
  async sendAt(index: number): Promise<void> {
    const [command] = this.#waiting.splice(index, 1)
    if (!command) throw new Error(`no command waits at ${index}`)
    this.sent.push(command.actor)
    await command.send()
  }
}

/** One run of all choices that a test makes: it picks the first way that has not been taken. */
export class Choices {
  readonly #path: number[]
  readonly #widths: number[] = []

  constructor(path: readonly number[] = []) {
    this.#path = [...path]
  }

  /** One of `count` ways. */
  choose(count: number): number {
    const depth = this.#widths.length
    this.#widths.push(count)
    this.#path[depth] ??= 0
    return this.#path[depth]
  }

  /** The next run; `undefined` when every order has been tried. */
  next(): Choices | undefined {
    for (let depth = this.#widths.length - 1; depth >= 0; depth -= 1) {
      const taken = this.#path[depth] ?? 0
      if (taken + 1 < (this.#widths[depth] ?? 0))
        return new Choices([...this.#path.slice(0, depth), taken + 1])
    }
    return undefined
  }
}
