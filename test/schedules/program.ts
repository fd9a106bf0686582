import { Random } from './decisions.ts'

/** One step of a handler. `head` sends the response headers; everything after it is a late change. */
export type Operation =
  | 'set'
  | 'set shared'
  | 'delete shared'
  | 'increment'
  | 'supply'
  | 'transfer'
  | 'flash'
  | 'take flash'
  | 'take note'
  | 'grant'
  | 'consume'
  | 'clear'
  | 'read'
  | 'save'
  | 'save unawaited'
  | 'login u1'
  | 'login u2'
  | 'regenerate'
  | 'logout'
  | 'destroy'
  | 'revoke others'
  | 'fail'
  | 'head'

/** One request: who sends it, who serves it, and what its handler does. */
export interface RequestPlan {
  readonly browser: number
  readonly process: number
  readonly operations: readonly Operation[]
  /** Whether the handler goes on after a call that threw. */
  readonly isTolerant: boolean
}

/** What happens in a schedule. The order and the faults depend on its decisions. */
export interface Program {
  readonly processes: number
  /** Each browser starts without a cookie, or with the cookie of browser 0. */
  readonly browsers: readonly ('empty' | 'shared')[]
  /** The session of browser 0 before the requests start. */
  readonly start: 'visitor' | 'session' | 'user'
  /** Whether the store answers asynchronously or, for the most part, synchronously. */
  readonly answers: 'later' | 'at once'
  /** How many of 1000 store calls have a fault. */
  readonly faults: number
  /** The weight of time advancing between two steps; most other steps have weights of 4 to 10. */
  readonly jumpWeight: number
  /** Whether clients disconnect. */
  readonly abandons: boolean
  /** Whether processes crash. */
  readonly crashes: boolean
  /** Whether a later version of the library writes to the store. */
  readonly rewrites: boolean
  /** How many sessions fit into the store. */
  readonly capacity: number
  /** How many sessions a user may have. */
  readonly limit: number
  /** Whether every visitor gets a session. */
  readonly eager: boolean
  readonly requests: readonly RequestPlan[]
}

/** Which programs to try for an invariant. A choice that a list repeats is more likely. */
export interface Shape {
  readonly operations: readonly Operation[]
  /** What one in eight handlers does: a sequence that random choice would rarely produce. */
  readonly sequence?: readonly Operation[]
  readonly start?: readonly Program['start'][]
  readonly faults?: readonly number[]
  readonly jumpWeight?: readonly number[]
  readonly abandons?: boolean
  readonly crashes?: boolean
  readonly rewrites?: boolean
  readonly capacity?: readonly number[]
  readonly limit?: readonly number[]
  /** Whether every second world stores a session for each visitor. */
  readonly eager?: boolean
  /**
   * The maximum number of requests.
   * @default 5
   */
  readonly requests?: number
  /** Whether a second browser may have stolen the first one's cookie. */
  readonly thief?: boolean
}

export function createProgram(shape: Shape, seed: number): Program {
  const random = new Random(seed)
  const processes = random.pick([1, 2, 2, 3])
  const count = random.pick([1, 1, 2])
  const second = shape.thief === true && random.below(2) === 0 ? 'shared' : 'empty'
  const browsers = (['shared', second] as const).slice(0, count)
  const requests = Array.from({ length: 2 + random.below((shape.requests ?? 5) - 1) }, () => ({
    browser: random.below(count),
    process: random.below(processes),
    operations: chooseOperations(shape, random),
    isTolerant: random.below(2) === 0,
  }))
  return {
    processes,
    browsers,
    start: random.pick(shape.start ?? ['visitor', 'session', 'session', 'user']),
    answers: random.pick(['later', 'later', 'later', 'at once']),
    faults: random.pick(shape.faults ?? [0, 60, 200]),
    jumpWeight: random.pick(shape.jumpWeight ?? [0, 0, 1]),
    abandons: (shape.abandons ?? false) && random.below(2) === 0,
    crashes: (shape.crashes ?? false) && random.below(2) === 0,
    rewrites: shape.rewrites ?? false,
    capacity: random.pick(shape.capacity ?? [1000]),
    limit: random.pick(shape.limit ?? [100]),
    eager: (shape.eager ?? false) && random.below(2) === 0,
    requests,
  }
}

function chooseOperations({ operations, sequence }: Shape, random: Random): readonly Operation[] {
  if (sequence && random.below(8) === 0) return sequence
  return Array.from({ length: random.below(5) }, () => random.pick(operations))
}
