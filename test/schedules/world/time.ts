import type { World } from './world.ts'

/** Longer than the longest chain of promises between two store calls. */
export const allTurns = 40

/** Runs the given number of microtask turns. */
export async function takeTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve()
}

/** Advances the clock, firing the timers that are due. */
export async function advanceTime(world: World, milliseconds: number): Promise<void> {
  const end = world.clock.now + milliseconds
  while (await fireNextTimer(world, end));
  world.clock.now = end
}

/** Fires the next timer, if one is due by `end`. */
export async function fireNextTimer(world: World, end?: number): Promise<boolean> {
  const hasFired = world.clock.fireNext(end)
  if (hasFired) await takeTurns(allTurns)
  return hasFired
}

/** Fires timers until none is left. */
export async function fireAllTimers(world: World): Promise<void> {
  for (let count = 0; count < 1000 && (await fireNextTimer(world)); count += 1);
}
