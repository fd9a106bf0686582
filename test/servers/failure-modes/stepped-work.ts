import type { EngineStore } from '../engine.ts'
import { surroundCalls } from './surround-calls.ts'
import type { Surround } from './surround-calls.ts'

/**
 * Work whose store calls wait until the test lets them through, one by one. Between two of them it does
 * nothing that another server could notice, so these steps are all the schedules there are.
 */
export class SteppedWork<Result> {
  readonly #result: Promise<Result>
  #waiting: (() => Promise<void>)[] = []
  #hasEnded = false
  #notify = (): void => {}

  /** Starts it; `work` gets the store to use. */
  constructor(store: EngineStore, work: (store: EngineStore) => Promise<Result>) {
    const surround: Surround = (_, call) =>
      new Promise((resolve, reject) => {
        this.#waiting.push(async () => {
          const answer = call()
          answer.then(resolve, reject)
          await answer.catch(() => {})
        })
        this.#notify()
      })
    this.#result = work(surroundCalls(store, surround))
    const end = (): void => {
      this.#hasEnded = true
      this.#notify()
    }
    this.#result.then(end, end)
  }

  /** Lets the next call through, and resolves when it is answered: `false` if there was none left. */
  async step(): Promise<boolean> {
    const call = (await this.isWaiting()) ? this.#waiting.shift() : undefined
    await call?.()
    return call !== undefined
  }

  /** Whether it waits for another step. If not, it has ended. */
  async isWaiting(): Promise<boolean> {
    while (this.#waiting.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => (this.#notify = resolve))
    }
    return this.#waiting.length > 0
  }

  /** Takes so many steps, as far as there are, and answers whether there were. */
  async advance(steps: number): Promise<boolean> {
    for (let taken = 0; taken < steps; taken += 1) if (!(await this.step())) return false
    return true
  }

  /** Takes all steps that are left. */
  async finish(): Promise<Result> {
    while (await this.step());
    return this.#result
  }
}

/**
 * Runs `attempt` with 0, 1, 2 … steps as long as there is another step to stop at: it answers whether
 * its work had so many.
 */
export async function forEachStep(attempt: (steps: number) => Promise<boolean>): Promise<number> {
  let steps = 0
  while (await attempt(steps)) steps += 1
  return steps
}

/**
 * Plays two pieces of work in every order of their steps, and answers how many orders there are.
 *
 * @param play - Starts both anew, hands them to `run`, which finishes them in one order, and checks what they resolve
 * to, or reject with.
 */
export async function forEachOrder(
  play: (run: (left: SteppedWork<unknown>, right: SteppedWork<unknown>) => Promise<void>) => Promise<void>,
): Promise<number> {
  // The order that is tried: which of the two goes first wherever both could.
  const isRightFirst: boolean[] = []
  for (let orders = 1; ; orders += 1) {
    let decisions = 0
    await play(async (left, right) => {
      while ((await left.isWaiting()) && (await right.isWaiting())) {
        const goesRight = (isRightFirst[decisions] ??= false)
        decisions += 1
        await (goesRight ? right : left).step()
      }
      await Promise.allSettled([left.finish(), right.finish()])
    })
    isRightFirst.length = decisions
    while (isRightFirst.at(-1)) isRightFirst.pop()
    if (isRightFirst.length === 0) return orders
    isRightFirst[isRightFirst.length - 1] = true
  }
}
