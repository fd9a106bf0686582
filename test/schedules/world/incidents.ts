import { recordFormat } from '../../../src/contract/record.ts'
import type { RequestRecord } from '../history.ts'
import { allTurns, advanceTime, fireNextTimer, takeTurns } from './time.ts'
import type { ServerProcess, World } from './world.ts'

/** Something that may happen next, with its weight. */
export interface Action {
  readonly weight: number
  readonly run: () => void | Promise<void>
}

const jumps = [1000, 61_000, 300_000, 601_000]

/** How many incidents of each kind may still happen in a schedule. */
type Remaining = Record<'jumps' | 'crashes' | 'abandons' | 'rewrites', number>

/** What may happen between steps: time passes, clients disconnect, processes crash, later versions write. */
export function listIncidents(world: World, left: Remaining): Action[] {
  const { program, clock } = world
  if (world.phase !== 'scheduled') return []
  const incidents: Action[] = []
  const add = (name: keyof Remaining, weight: number, run: () => void | Promise<void>): void => {
    if (left[name] > 0) incidents.push({ weight, run: () => ((left[name] -= 1), run()) })
  }
  if (clock.hasTimer) incidents.push({ weight: 1, run: () => fireOnce(world) })
  if (program.jumpWeight > 0) {
    for (const jump of jumps) add('jumps', program.jumpWeight, () => jumpAhead(world, jump))
  }
  if (program.abandons) add('abandons', 2, () => abandon(world))
  if (program.crashes) add('crashes', 2, () => crash(world))
  if (program.rewrites) add('rewrites', 4, () => rewrite(world))
  return incidents
}

async function fireOnce(world: World): Promise<void> {
  await fireNextTimer(world)
  world.note(() => 'the next timer fires')
}

async function jumpAhead(world: World, jump: number): Promise<void> {
  world.note(() => `${jump / 1000} seconds pass`)
  await takeTurns(allTurns)
  await advanceTime(world, jump)
}

/** A client disconnects: its handler never continues, or its response never arrives. */
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
  process.hasCrashed = true
  note(() => `process ${index} crashes`)
  const isOfProcess = (request: RequestRecord): boolean =>
    request.plan.process === index && request.outcome === 'running'
  turns.splice(0, turns.length, ...turns.filter(({ request }) => request.plan.process !== index))
  for (const request of requests.filter(isOfProcess)) giveUp(request, 'crashed')
  for (const entry of parked.splice(0)) {
    if (entry.process !== process) parked.push(entry)
    // A call that was already sent may still arrive; nobody receives its answer.
    else if (!entry.call.hasArrived && decisions.choose([1, 1]) === 0)
      parked.push({ ...entry, rest: 'arrival' })
  }
  processes[index] = world.createProcess(index)
}

/** A later version of the library writes: in its own format, or in this one with an additional name. */
function rewrite({ ledger, decisions, tick, note }: World): void {
  const rows = ledger.list().filter(({ format }) => format === recordFormat)
  const row = rows[decisions.choose([...rows.map(() => 1), 1])]
  if (!row) return
  const format = decisions.choose([1, 1]) + recordFormat
  const at = tick()
  const data = JSON.stringify(
    format === recordFormat ? { ...JSON.parse(row.data), [`later-${at}`]: '' } : { later: at },
  )
  const commitIds = [String(at).padStart(16, 'f'), ...row.commitIds].slice(0, 16)
  ledger.rewrite(row, { ...row, format, data, version: row.version + 1, commitIds })
  note(() => `a later version of the library writes format ${format}`)
}

function giveUp(request: RequestRecord, outcome: 'abandoned' | 'crashed'): void {
  if (request.outcome === 'running') request.outcome = outcome
}
