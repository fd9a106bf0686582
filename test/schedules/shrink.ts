import { RandomDecisions } from './decisions.ts'
import { replay } from './explore.ts'
import type { Schedule } from './explore.ts'
import type { Program, RequestPlan } from './program.ts'
import { runSchedule } from './world/run-schedule.ts'

/** The maximum number of schedules to run in search of a shorter one. */
const most = 3000
/** How many other interleavings of a smaller program to try before rejecting it. */
const freshSeeds = 12

/**
 * The shortest schedule found that still violates the invariant: fewer requests and operations, a simpler
 * world, and fewer decisions other than the simplest.
 */
export async function shrink(failing: Schedule, name: string): Promise<Schedule> {
  let best = failing
  let tries = 0
  const adopt = async (schedule: Schedule): Promise<boolean> => {
    tries += 1
    if (tries > most) return false
    const violations = await replay(schedule)
    const isFailing = violations.some((violation) => violation.name === name)
    if (isFailing) best = schedule
    return isFailing
  }
  let size: number
  do {
    size = sizeOf(best)
    await shrinkProgram(() => best, adopt)
    await shrinkDecisions(() => best, adopt)
  } while (sizeOf(best) < size)
  return best
}

type Adopt = (schedule: Schedule) => Promise<boolean>

async function shrinkProgram(best: () => Schedule, adopt: Adopt): Promise<void> {
  for (let hasShrunk = true; hasShrunk;) {
    hasShrunk = false
    for (const program of smallerPrograms(best().program)) {
      if (!(await adoptProgram(program, best(), adopt))) continue
      hasShrunk = true
      break
    }
  }
}

/** Decisions have different effects in another program: if it no longer fails, tries others. */
async function adoptProgram(program: Program, { decisions }: Schedule, adopt: Adopt): Promise<boolean> {
  if (await adopt({ program, decisions })) return true
  for (let seed = 0; seed < freshSeeds; seed += 1) {
    const random = new RandomDecisions(seed)
    await runSchedule(program, random)
    if (await adopt({ program, decisions: random.taken })) return true
  }
  return false
}

async function shrinkDecisions(best: () => Schedule, adopt: Adopt): Promise<void> {
  const trial = (decisions: readonly number[]): Promise<boolean> =>
    adopt({ program: best().program, decisions })
  for (let length = best().decisions.length; length >= 1; length = Math.floor(length / 2)) {
    for (let start = 0; start < best().decisions.length;) {
      const { decisions } = best()
      const [before, after] = [decisions.slice(0, start), decisions.slice(start + length)]
      const zeros = decisions.slice(start, start + length).map(() => 0)
      const isZero = decisions.slice(start, start + length).every((each) => each === 0)
      if (await trial([...before, ...after])) continue
      if (!isZero) await trial([...before, ...zeros, ...after])
      start += length
    }
  }
}

function* smallerPrograms(program: Program): Iterable<Program> {
  const { requests } = program
  for (let index = 0; index < requests.length; index += 1) {
    yield { ...program, requests: requests.toSpliced(index, 1) }
  }
  for (const [index, request] of requests.entries()) {
    for (const smaller of smallerRequests(request)) {
      yield { ...program, requests: requests.with(index, smaller) }
    }
  }
  if (program.faults > 0) yield { ...program, faults: 0 }
  if (program.jumpWeight > 0) yield { ...program, jumpWeight: 0 }
  if (program.abandons) yield { ...program, abandons: false }
  if (program.crashes) yield { ...program, crashes: false }
  if (program.rewrites) yield { ...program, rewrites: false }
  if (program.processes > 1) {
    const moved = requests.map((request) => ({
      ...request,
      process: request.process % (program.processes - 1),
    }))
    yield { ...program, processes: program.processes - 1, requests: moved }
  }
}

function* smallerRequests(request: RequestPlan): Iterable<RequestPlan> {
  for (let index = 0; index < request.operations.length; index += 1) {
    yield { ...request, operations: request.operations.toSpliced(index, 1) }
  }
}

function sizeOf({ program, decisions }: Schedule): number {
  const operations = program.requests.reduce((sum, each) => sum + 1 + each.operations.length, 0)
  const settings = [
    program.faults,
    program.jumpWeight,
    program.abandons,
    program.crashes,
    program.rewrites,
  ].filter(Boolean)
  return 1000 * (operations + settings.length + program.processes) + decisions.length
}
