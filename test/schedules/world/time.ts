import type { World } from './world.ts'

/** Longer than the longest chain of promises between two store calls. */
export const allTurns = 40

/** Lets the promises that are settled go on, by so many turns. */
export async function takeTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve()
}

/** Lets time pass. */
export async function pass(world: World, milliseconds: number): Promise<void> {
  const end = world.clock.now + milliseconds
  while (await ring(world, end));
  world.clock.now = end
}

/** Lets the next timer ring, if there is one until `end`. */
export async function ring(world: World, end?: number): Promise<boolean> {
  const hasRung = world.clock.ringNext(end)
  if (hasRung) await takeTurns(allTurns)
  return hasRung
}

/** Lets all timers ring, as far as there are any. */
export async function ringOut(world: World): Promise<void> {
  for (let count = 0; count < 1000 && (await ring(world)); count += 1);
}
