/** A small seeded generator (mulberry32): a seed gives the same numbers on every machine. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** An integer from 0 up to, but not including, `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }
}

/** Makes the scheduler's choices. The first option is always the simplest one. */
export interface Decisions {
  /** The index of one option, chosen with a probability proportional to its weight. */
  choose(weights: readonly number[]): number
}

/** Always the simplest option: one step after another, and no faults. */
export const plainDecisions: Decisions = { choose: () => 0 }

/** Random choices, recorded as the numbers that a replay needs. */
export class RandomDecisions implements Decisions {
  readonly taken: number[] = []
  readonly #random: Random

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  choose(weights: readonly number[]): number {
    const number = this.#random.below(sum(weights))
    this.taken.push(number)
    return find(weights, number)
  }
}

/** The choices of a list; once it is used up, the simplest option. */
export class GivenDecisions implements Decisions {
  readonly #numbers: readonly number[]
  #next = 0

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers
  }

  choose(weights: readonly number[]): number {
    const number = this.#numbers[this.#next] ?? 0
    this.#next += 1
    return find(weights, number % sum(weights))
  }
}

function sum(weights: readonly number[]): number {
  let total = 0
  for (const weight of weights) total += weight
  return total
}

function find(weights: readonly number[], number: number): number {
  let left = number
  for (let index = 0; index < weights.length; index += 1) {
    left -= weights[index] as number
    if (left < 0) return index
  }
  return 0
}
