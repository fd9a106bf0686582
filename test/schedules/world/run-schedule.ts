import { createSessionManager } from '../../../src/manager/create-session-manager.ts'
import { recordFormat } from '../../../src/contract/record.ts'
import { plainDecisions, Random } from '../decisions.ts'
import type { Decisions } from '../decisions.ts'
import { hashOf } from '../history.ts'
import type { History, Probe } from '../history.ts'
import type { Operation, Program, RequestPlan } from '../program.ts'
import { drive } from './drive.ts'
import { viewOf } from './perform.ts'
import { advanceTime, fireAllTimers, takeTurns } from './time.ts'
import { options, World } from './world.ts'
import { openExchange } from '../../core/harness.ts'

const startOperations: Record<Program['start'], readonly Operation[]> = {
  visitor: [],
  session: ['set', 'increment', 'supply', 'grant'],
  user: ['set', 'increment', 'supply', 'grant', 'login u1'],
}

/**
 * Runs a program with the given decisions: the first browser gets its session, the requests overlap,
 * and when everything has settled, every token is tried and every browser is served once more.
 */
export async function runSchedule(
  program: Program,
  decisions: Decisions,
  note?: (text: () => string) => void,
): Promise<History> {
  const { random } = Math
  const jitter = new Random(1)
  const unhandled: unknown[] = []
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', onUnhandled)
  Math.random = () => jitter.below(1000) / 1000
  try {
    const world = new World(program, note)
    await begin(world)
    await overlap(world, decisions)
    const quietAt = world.tick()
    const held = [...world.cookies]
    const probes = await probe(world)
    const isClosed = await finish(world)
    await new Promise((resolve) => setImmediate(resolve))
    const { requests, calls, ledger } = world
    return { program, requests, calls, effects: ledger.effects, probes, quietAt, held, isClosed, unhandled }
  } finally {
    Math.random = random
    process.off('unhandledRejection', onUnhandled)
  }
}

async function begin(world: World): Promise<void> {
  const { program, cookies } = world
  if (program.start !== 'visitor') {
    await serve(world, {
      browser: 0,
      process: 0,
      operations: startOperations[program.start],
      isTolerant: false,
    })
    // Long enough for a touch to be due, and for its token to count as received by the browser.
    await advanceTime(world, 61_000)
  }
  program.browsers.forEach((kind, index) => void (kind === 'shared' && (cookies[index] = cookies[0])))
}

async function overlap(world: World, decisions: Decisions): Promise<void> {
  world.phase = 'scheduled'
  world.decisions = decisions
  world.allowFaults(true)
  world.upcoming.push(...world.program.requests)
  await drive(world)
  world.decisions = plainDecisions
  world.allowFaults(false)
  world.phase = 'after'
  await fireAllTimers(world)
  await drive(world)
}

/** Each browser writes in one process and reads in another; then the managers are closed. */
async function finish(world: World): Promise<boolean> {
  const { program, processes, note } = world
  note(() => 'everything has settled; each browser writes once more, and reads')
  await advanceTime(world, 61_000)
  for (let browser = 0; browser < program.browsers.length; browser += 1) {
    const rest = { browser, isTolerant: false }
    await serve(world, { ...rest, process: 0, operations: ['set'] })
    await serve(world, { ...rest, process: processes.length - 1, operations: [] })
  }
  let closed = 0
  for (const { manager } of processes) void manager.close().then(() => (closed += 1))
  await takeTurns(100)
  await drive(world)
  await fireAllTimers(world)
  return closed === processes.length
}

async function serve(world: World, plan: RequestPlan): Promise<void> {
  world.upcoming.push(plan)
  await drive(world)
}

async function probe({ ledger, clock, requests }: World): Promise<Probe[]> {
  const manager = createSessionManager<Record<string, unknown>>({
    ...options,
    store: ledger.rows,
    clock: clock.of({ hasCrashed: true }),
    onEvent: () => {},
  })
  const tokens = new Set<string>()
  for (const { token, cookie, shown } of requests) {
    if (token !== undefined) tokens.add(token)
    if (cookie && cookie !== 'cleared') tokens.add(cookie.token)
    for (const each of shown) tokens.add(each)
  }
  const probes: Probe[] = []
  for (const token of tokens) {
    const exchange = await openExchange(manager, { cookie: `session_id=${token}`, secure: false })
    const { session } = exchange
    const row = ledger.find(hashOf(token).key)
    const view = row && row.format !== recordFormat ? undefined : viewOf(session)
    if (view) probes.push({ token, hash: hashOf(token), view })
  }
  return probes
}
