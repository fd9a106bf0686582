import { GivenDecisions, RandomDecisions } from './decisions.ts'
import type { History } from './history.ts'
import { invariants } from './invariants/all.ts'
import type { Invariant } from './invariants/invariant.ts'
import { createProgram } from './program.ts'
import type { Program } from './program.ts'
import { runSchedule } from './world/run-schedule.ts'

/** What happens, and how it is interleaved. The same schedule always runs the same way. */
export interface Schedule {
  readonly program: Program
  readonly decisions: readonly number[]
}

/** A violated invariant, and what is wrong. */
export interface Violation {
  readonly name: string
  readonly message: string
}

/** A schedule that violates an invariant. */
export interface Failure {
  readonly seed: number
  readonly schedule: Schedule
  readonly violations: readonly Violation[]
}

/** Runs the schedule of a seed and returns it if it violates any of the given invariants. */
export async function trySeed(
  { shape }: Invariant,
  seed: number,
  among: readonly Invariant[] = invariants,
): Promise<Failure | undefined> {
  const program = createProgram(shape, seed)
  const decisions = new RandomDecisions(seed)
  const violations = check(await runSchedule(program, decisions), among)
  if (violations.length === 0) return undefined
  return { seed, schedule: { program, decisions: decisions.taken }, violations }
}

/** Runs a schedule again. */
export async function replay(schedule: Schedule, note?: (text: () => string) => void): Promise<Violation[]> {
  return check(await runSchedule(schedule.program, new GivenDecisions(schedule.decisions), note), invariants)
}

/** The first failure among `count` schedules of an invariant's shape. Every schedule checks all invariants. */
export async function explore(
  invariant: Invariant,
  start: number,
  count: number,
  among?: readonly Invariant[],
): Promise<Failure | undefined> {
  for (let seed = start; seed < start + count; seed += 1) {
    const failure = await trySeed(invariant, seed, among)
    if (failure) return failure
  }
  return undefined
}

function check(history: History, among: readonly Invariant[]): Violation[] {
  return among.flatMap(({ name, check }) => {
    return [...new Set(check(history))].map((message) => ({ name, message }))
  })
}
