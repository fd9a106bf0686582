import { testInvariants } from './test-invariants.ts'

// Few enough for every run of the gate; `npm run schedules` runs 10 000.
testInvariants(200)
