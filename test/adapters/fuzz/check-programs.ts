import * as fc from 'fast-check'
import type { Arbitrary, RunDetails } from 'fast-check'
import { ProgramComparison } from './compare-programs.ts'
import type { Use } from './compare-programs.ts'
import { programs } from './program.ts'
import type { Step } from './program.ts'
import { stacks } from './stacks.ts'
import type { Stack } from './stacks.ts'

const uses: Arbitrary<Use> = fc.constantFrom<Use>(0, 1, 3, 'unused')

/** In milliseconds: a program that takes longer waits for something that never comes. */
const hangsAfter = 15_000

/** Compares so many random programs behind random stacks; the same seed gives the same. */
export async function checkPrograms(
  count: number,
  seed: number,
): Promise<RunDetails<[stack: Stack, program: Step[], use: Use]>> {
  await using comparison = await ProgramComparison.open()
  const property = fc.asyncProperty(stacks, programs, uses, (stack, program, use) =>
    comparison.compare(stack, program, use),
  )
  return await fc.check(property, { numRuns: count, seed, timeout: hangsAfter })
}
