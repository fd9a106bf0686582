import type { RequestRecord } from '../history.ts'
import type { ServerProcess, World } from './world.ts'

interface Action {
  readonly weight: number
  readonly run: () => void | Promise<void>
}

const jumps = [1000, 61_000, 300_000, 601_000]
/** Longer than the longest chain of promises between two store calls. */
const allTurns = 40
/** All of the promises' turns, or from none to seven: other steps then come between two awaits. */
const turnWeights = [20, 3, 3, 3, 2, 2, 2, 2, 2]

/** Takes one step after another until nothing is left to do. The first step of a list is the plainest. */
export async function drive(world: World): Promise<void> {
  const left = { jumps: 6, crashes: 1, abandons: 2, rewrites: 2 }
  for (;;) {
    if (listSteps(world).length === 0) await takeTurns(allTurns)
    const steps = listSteps(world)
    if (steps.length === 0) {
      const isRunning = world.requests.some(({ outcome }) => outcome === 'running')
      if (!isRunning || !(await ring(world))) return
      continue
    }
    const actions = [...steps, ...listIncidents(world, left)]
    const index = world.decisions.choose(actions.map(({ weight }) => weight))
    await actions[index]?.run()
    const turns = world.decisions.choose(turnWeights)
    await takeTurns(turns === 0 ? allTurns : turns - 1)
  }
}

/** Lets all timers ring, as far as there are any. */
export async function ringOut(world: World): Promise<void> {
  for (let count = 0; count < 1000 && (await ring(world)); count += 1);
}

/** Lets time pass. */
export async function pass(world: World, milliseconds: number): Promise<void> {
  const end = world.clock.now + milliseconds
  while (await ring(world, end));
  world.clock.now = end
}

export async function takeTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve()
}

async function ring(world: World, end?: number): Promise<boolean> {
  const hasRung = world.clock.ringNext(end)
  if (hasRung) await takeTurns(allTurns)
  return hasRung
}

function listSteps(world: World): Action[] {
  const { parked, turns, deliveries, upcoming } = world
  const steps: Action[] = parked.map(({ rest }, index) => ({
    weight: rest === 'fate' ? 10 : 4,
    run: () => world.decideFate(index),
  }))
  turns.forEach((_, index) => steps.push({ weight: 10, run: () => void turns.splice(index, 1)[0]?.go() }))
  deliveries.forEach((delivery, index) => {
    steps.push({ weight: 6, run: () => (deliveries.splice(index, 1), world.deliver(delivery)) })
  })
  const [next] = upcoming
  if (next) steps.push({ weight: 8, run: () => (upcoming.shift(), world.start(next)) })
  return steps
}

type Left = Record<'jumps' | 'crashes' | 'abandons' | 'rewrites', number>

function listIncidents(world: World, left: Left): Action[] {
  const { program, clock } = world
  if (world.phase !== 'scheduled') return []
  const incidents: Action[] = []
  const add = (name: keyof Left, weight: number, run: () => void | Promise<void>): void => {
    if (left[name] > 0) incidents.push({ weight, run: () => ((left[name] -= 1), run()) })
  }
  if (clock.hasTimer) incidents.push({ weight: 1, run: () => ringOnce(world) })
  if (program.haste > 0) {
    for (const jump of jumps) add('jumps', program.haste, () => jumpAhead(world, jump))
  }
  if (program.abandons) add('abandons', 2, () => abandon(world))
  if (program.crashes) add('crashes', 2, () => crash(world))
  if (program.rewrites) add('rewrites', 4, () => rewrite(world))
  return incidents
}

async function ringOnce(world: World): Promise<void> {
  await ring(world)
  world.note(() => 'the next timer rings')
}

async function jumpAhead(world: World, jump: number): Promise<void> {
  world.note(() => `${jump / 1000} seconds pass`)
  await takeTurns(allTurns)
  await pass(world, jump)
}

/** A client leaves: its handler never goes on, or its response never arrives. */
function abandon({ turns, deliveries, decisions, note }: World): void {
  const index = decisions.choose([...turns, ...deliveries, undefined].map(() => 1))
  const turn = turns[index]
  if (turn) {
    turns.splice(index, 1)
    giveUp(turn.request, 'abandoned')
    note(() => `request ${turn.request.id} is abandoned`)
  } else if (deliveries[index - turns.length]) {
    const [lost] = deliveries.splice(index - turns.length, 1)
    note(() => `response ${lost?.request.id} is lost`)
  }
}

function crash(world: World): void {
  const { processes, turns, parked, requests, decisions, note } = world
  const index = decisions.choose(processes.map(() => 1))
  const process = processes[index] as ServerProcess
  process.isDead = true
  note(() => `process ${index} crashes`)
  const isIts = (request: RequestRecord): boolean =>
    request.plan.process === index && request.outcome === 'running'
  turns.splice(0, turns.length, ...turns.filter(({ request }) => request.plan.process !== index))
  for (const request of requests.filter(isIts)) giveUp(request, 'crashed')
  for (const entry of parked.splice(0)) {
    if (entry.process !== process) parked.push(entry)
    // What was sent before may still arrive; its answer finds nobody.
    else if (!entry.call.hasArrived && decisions.choose([1, 1]) === 0)
      parked.push({ ...entry, rest: 'arrival' })
  }
  processes[index] = world.createProcess(index)
}

/** A later version of the library writes: in its own format, or in this one with a name of its own. */
function rewrite({ ledger, decisions, tick, note }: World): void {
  const rows = ledger.list().filter(({ format }) => format === 1)
  const row = rows[decisions.choose([...rows.map(() => 1), 1])]
  if (!row) return
  const format = decisions.choose([1, 1]) + 1
  const at = tick()
  const data = JSON.stringify(format === 1 ? { ...JSON.parse(row.data), [`later-${at}`]: '' } : { later: at })
  const commitIds = [String(at).padStart(16, 'f'), ...row.commitIds].slice(0, 16)
  ledger.rewrite(row, { ...row, format, data, version: row.version + 1, commitIds })
  note(() => `a later version of the library writes format ${format}`)
}

function giveUp(request: RequestRecord, outcome: 'abandoned' | 'crashed'): void {
  if (request.outcome === 'running') request.outcome = outcome
}
