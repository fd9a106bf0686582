import { testInvariants } from './test-invariants.ts'

// A first look, in seconds: schedules.proof.ts runs ten times as many.
testInvariants(20)
