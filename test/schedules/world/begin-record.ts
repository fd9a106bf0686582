import { hashOf } from '../history.ts'
import type { RequestRecord } from '../history.ts'
import type { RequestPlan } from '../program.ts'

/** Creates the record of a request that is starting. */
export function beginRecord(
  id: number,
  plan: RequestPlan,
  phase: RequestRecord['phase'],
  startedAt: number,
  token: string | undefined,
): RequestRecord {
  return {
    id,
    plan,
    phase,
    startedAt,
    token,
    hash: token === undefined ? undefined : hashOf(token),
    view: undefined,
    viewError: undefined,
    steps: [],
    outcome: 'running',
    respondedAt: undefined,
    cookie: undefined,
    deliveredAt: undefined,
    error: undefined,
    events: [],
    drops: [],
    shown: [],
    waits: [],
  }
}
