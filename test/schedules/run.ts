import { parseArgs } from 'node:util'

/** `npm run schedules`: many seeded schedules for each invariant, or one seed of one of them. */
const { values } = parseArgs({
  options: {
    invariant: { type: 'string' },
    seed: { type: 'string' },
    count: { type: 'string', default: '10000' },
    plant: { type: 'string' },
  },
})

// Loaded late: a planted bug must be in place before the library is.
if (values.plant !== undefined) (await import('./planted/plant.ts')).plant(values.plant)
const { explore } = await import('./explore.ts')
const { invariants } = await import('./invariants/all.ts')
const { reportFailure } = await import('./report.ts')

const chosen = invariants.filter(({ name }) => values.invariant === undefined || name === values.invariant)
if (chosen.length === 0) throw new Error(`there is no invariant ${values.invariant}`)
const start = Number(values.seed ?? 1)
const count = values.seed === undefined ? Number(values.count) : 1

for (const invariant of chosen) {
  const began = performance.now()
  // A planted bug breaks several invariants; each must find its own.
  const among = values.plant === undefined ? invariants : [invariant]
  const failure = await explore(invariant, start, count, among)
  if (failure) {
    process.exitCode = 1
    console.log(`${invariant.name}: failed after ${failure.seed - start + 1} schedules`)
    console.log(await reportFailure(invariant, failure))
  } else {
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    console.log(`${invariant.name}: ${count} schedules in ${seconds} s: ${invariant.claim}`)
  }
}
