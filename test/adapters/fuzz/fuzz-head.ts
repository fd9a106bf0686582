// Looks for programs that a held head shows to: `npm run fuzz:head -- 100000`, or `… -- 500 SEED` to see the same
// programs again. A failure is shrunk to the smallest program, and its seed is printed.

import * as fc from 'fast-check'
import { checkPrograms } from './check-programs.ts'

const [count = '10000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
console.log(`${count} programs, seed ${seed}`)
const result = await checkPrograms(Number(count), Number(seed))
console.log(result.failed ? fc.defaultReportMessage(result) : `${result.numRuns} programs: nothing shows`)
if (result.failed) console.log(result.errorInstance)
process.exitCode = result.failed ? 1 : 0
