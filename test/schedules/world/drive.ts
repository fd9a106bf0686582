import { listIncidents } from './incidents.ts'
import type { Action } from './incidents.ts'
import { allTurns, fireNextTimer, takeTurns } from './time.ts'
import type { World } from './world.ts'

/** Run all microtasks, or only zero to seven turns, so that other steps happen between two awaits. */
const turnWeights = [20, 3, 3, 3, 2, 2, 2, 2, 2]

/** Takes one step after another until nothing is left to do. The first step of a list is the simplest. */
export async function drive(world: World): Promise<void> {
  const left = { jumps: 6, crashes: 1, abandons: 2, rewrites: 2 }
  for (;;) {
    if (listSteps(world).length === 0) await takeTurns(allTurns)
    const steps = listSteps(world)
    if (steps.length === 0) {
      const isRunning = world.requests.some(({ outcome }) => outcome === 'running')
      if (!isRunning || !(await fireNextTimer(world))) return
      continue
    }
    const actions = [...steps, ...listIncidents(world, left)]
    const index = world.decisions.choose(actions.map(({ weight }) => weight))
    await actions[index]?.run()
    const turns = world.decisions.choose(turnWeights)
    await takeTurns(turns === 0 ? allTurns : turns - 1)
  }
}

function listSteps(world: World): Action[] {
  const { parked, turns, deliveries, upcoming } = world
  const steps: Action[] = parked.map(({ rest }, index) => ({
    weight: rest === 'fate' ? 10 : 4,
    run: () => world.decideFate(index),
  }))
  turns.forEach((_, index) => steps.push({ weight: 10, run: () => turns.splice(index, 1)[0]?.go() }))
  deliveries.forEach((delivery, index) => {
    steps.push({ weight: 6, run: () => (deliveries.splice(index, 1), world.deliver(delivery)) })
  })
  const [next] = upcoming
  if (next) steps.push({ weight: 8, run: () => (upcoming.shift(), world.start(next)) })
  return steps
}
