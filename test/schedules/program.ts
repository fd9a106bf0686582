import { Random } from './decisions.ts'

/** One step of a handler. `head` sends the head: what comes after it is late. */
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

/** What happens in a schedule. In which order, and with which faults, its decisions say. */
export interface Program {
  readonly processes: number
  /** Each browser begins without a cookie, or with the same one as browser 0. */
  readonly browsers: readonly ('empty' | 'shared')[]
  /** What browser 0 is before the requests start. */
  readonly start: 'visitor' | 'session' | 'user'
  /** Whether the store answers like a server or, mostly, at once. */
  readonly answers: 'later' | 'at once'
  /** Of 1000 store calls, how many meet a fault. */
  readonly faults: number
  /** How likely time moves on between two steps, beside the weight of 10 of each other step. */
  readonly haste: number
  /** Whether clients leave, and processes die. */
  readonly abandons: boolean
  readonly crashes: boolean
  /** Whether a later version of the library writes to the store. */
  readonly rewrites: boolean
  /** How many sessions the store holds. */
  readonly room: number
  readonly requests: readonly RequestPlan[]
}

/** Which programs are worth trying for an invariant. A list names each choice as often as it is likely. */
export interface Shape {
  readonly operations: readonly Operation[]
  /** What a handler does in one of eight cases: a sequence that chance would seldom make. */
  readonly habit?: readonly Operation[]
  readonly start?: readonly Program['start'][]
  readonly faults?: readonly number[]
  readonly haste?: readonly number[]
  readonly abandons?: boolean
  readonly crashes?: boolean
  readonly rewrites?: boolean
  readonly room?: readonly number[]
  /** How many requests at most. @default 5 */
  readonly requests?: number
  /** Whether a second browser may have got hold of the first one's cookie. */
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
    haste: random.pick(shape.haste ?? [0, 0, 1]),
    abandons: (shape.abandons ?? false) && random.below(2) === 0,
    crashes: (shape.crashes ?? false) && random.below(2) === 0,
    rewrites: shape.rewrites ?? false,
    room: random.pick(shape.room ?? [1000]),
    requests,
  }
}

function chooseOperations({ operations, habit }: Shape, random: Random): readonly Operation[] {
  if (habit && random.below(8) === 0) return habit
  return Array.from({ length: random.below(5) }, () => random.pick(operations))
}
