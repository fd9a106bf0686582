import { lostUpdate } from './d1-lost-update.ts'
import { eviction } from './d14-eviction.ts'
import { storeDown } from './d15-store-down.ts'
import { ambiguousWrite } from './d16-ambiguous-write.ts'
import { cookieOrder } from './d17-cookie-order.ts'
import { abort } from './d18-abort.ts'
import { resurrection } from './d2-resurrection.ts'
import { rollingDeploy } from './d20-rolling-deploy.ts'
import { thunderingTouches } from './d24-thundering-touches.ts'
import { thief } from './d25-thief.ts'
import { plantedLogout } from './d26-planted-logout.ts'
import { cookieOfLogout } from './d27-cookie-of-logout.ts'
import { siblingWrites } from './d28-sibling-writes.ts'
import { doubleLogin } from './d29-double-login.ts'
import { destroyAgainstRotate } from './d3-destroy-against-rotate.ts'
import { overlappingRotations } from './d30-overlapping-rotations.ts'
import { sessionLimit } from './d31-session-limit.ts'
import { rotateAgainstRotate } from './d4-rotate-against-rotate.ts'
import { oldToken } from './d5-old-token.ts'
import { crashInRotation } from './d6-crash-in-rotation.ts'
import { loginRace } from './d7-login-race.ts'
import { doubleConsume } from './d9-double-consume.ts'
import type { Invariant } from './invariant.ts'

/** Every invariant, ordered by the number of the failure mode that it rules out. */
export const invariants: readonly Invariant[] = [
  lostUpdate,
  resurrection,
  destroyAgainstRotate,
  rotateAgainstRotate,
  oldToken,
  crashInRotation,
  loginRace,
  doubleConsume,
  eviction,
  storeDown,
  ambiguousWrite,
  cookieOrder,
  abort,
  rollingDeploy,
  thunderingTouches,
  thief,
  plantedLogout,
  cookieOfLogout,
  siblingWrites,
  doubleLogin,
  overlappingRotations,
  sessionLimit,
]
