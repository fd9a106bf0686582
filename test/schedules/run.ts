import { demandOneOf, readChoices, RefusedChoice } from './read-choices.ts'
import type { Choices } from './read-choices.ts'

// `npm run schedules`: many seeded schedules for each invariant, or a single seed of one.
try {
  await run(readChoices(process.argv.slice(2)))
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof RefusedChoice ? error.message : error)
}

async function run({ invariant: only, plant: bug, firstSeed, count }: Choices): Promise<void> {
  // Loaded late, because a bug must be planted before the library is loaded.
  if (bug !== undefined) (await import('./planted/plant.ts')).plant(bug)
  const { explore } = await import('./explore.ts')
  const { invariants } = await import('./invariants/all.ts')
  const { reportFailure } = await import('./report.ts')
  demandOneOf(
    '--invariant',
    only,
    invariants.map(({ name }) => name),
  )
  for (const invariant of invariants.filter(({ name }) => only === undefined || name === only)) {
    const began = performance.now()
    // A planted bug may violate several invariants; each search must find its own.
    const among = bug === undefined ? invariants : [invariant]
    const failure = await explore(invariant, firstSeed, count, among)
    if (failure) {
      process.exitCode = 1
      console.log(`${invariant.name}: failed after ${failure.seed - firstSeed + 1} schedules`)
      console.log(await reportFailure(invariant, failure, bug))
    } else {
      const seconds = ((performance.now() - began) / 1000).toFixed(1)
      console.log(`${invariant.name}: ${count} schedules in ${seconds} s: ${invariant.claim}`)
    }
  }
}
