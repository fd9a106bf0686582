import type { Operation } from '../program.ts'
import type { Invariant } from './invariant.ts'

export const overlappingRotations: Invariant = {
  name: 'D30',
  claim: 'no number of overlapping regenerateIds signs a browser out, in whatever order their answers arrive',
  shape: {
    operations: ['regenerate', 'regenerate', 'regenerate', 'set', 'increment', 'save', 'read'],
    sequence: ['set', 'save', 'regenerate'],
    start: ['user'],
    faults: [0],
    jumpWeight: [0],
    requests: 6,
  },
  *check({ program, requests, probes, held }) {
    const isQuiet =
      program.faults === 0 && program.jumpWeight === 0 && program.capacity === 1000 && !program.rewrites
    if (!isQuiet || program.start !== 'user' || program.abandons || program.crashes || program.limit < 10)
      return
    const scheduled = requests.filter(({ phase }) => phase === 'scheduled')
    if (!scheduled.every(({ steps }) => steps.every(({ operation }) => harmless.has(operation)))) return
    // A timer that fires between two steps may end a wait for the store.
    if (scheduled.some(({ events, viewError }) => viewError || events.some(({ type }) => type === 'failed')))
      return
    if (scheduled.some(({ deliveredAt, outcome }) => deliveredAt === undefined && outcome === 'answered'))
      return
    for (const [browser, token] of held.entries()) {
      if (program.browsers.length > 1) continue
      const view = probes.find((probe) => probe.token === token)?.view
      if (view?.userId !== 'u1')
        yield `browser ${browser} was signed out, although nobody did more than regenerateId`
    }
  },
}

const harmless: ReadonlySet<Operation> = new Set<Operation>([
  'regenerate',
  'set',
  'increment',
  'save',
  'read',
  'flash',
  'transfer',
  'consume',
  'grant',
  'supply',
])
