import * as fc from 'fast-check'
import type { Arbitrary, RunDetails } from 'fast-check'
import { ProgramComparison } from './compare-programs.ts'
import { programs } from './program.ts'
import type { Step } from './program.ts'
import { stacks } from './stacks.ts'
import type { Stack } from './stacks.ts'

const turnsOfSave: Arbitrary<number> = fc.constantFrom(0, 1, 3)

/** Compares so many random programs behind random stacks; the same seed gives the same. */
export async function checkPrograms(
  count: number,
  seed: number,
): Promise<RunDetails<[stack: Stack, program: Step[], turns: number]>> {
  await using comparison = await ProgramComparison.open()
  const property = fc.asyncProperty(stacks, programs, turnsOfSave, (stack, program, turns) =>
    comparison.compare(stack, program, turns),
  )
  return await fc.check(property, { numRuns: count, seed })
}
