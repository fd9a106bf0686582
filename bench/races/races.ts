import type { Address } from '../../test/servers/engine.ts'
import { formatTable } from '../table.ts'
import { leave } from './client.ts'
import { findColumns } from './columns.ts'
import type { Column } from './columns.ts'
import { killedServer } from './killed-server.ts'
import { lateScenarios } from './late-requests.ts'
import { overlappingWrites } from './overlapping-writes.ts'
import { redirectRead } from './redirect-read.ts'
import type { Ground, Scenario } from './scenario.ts'
import { Stage } from './stage.ts'
import { storeCalls } from './store-calls.ts'

/** The table between the markers of docs/figures.md. */
const promises: readonly Scenario[] = [...overlappingWrites, ...lateScenarios, redirectRead, killedServer]

/** What was found in a column, by the scenario; nothing where it makes no sense. */
type Findings = ReadonlyMap<Scenario, string>

const inMemory: Address = { kind: 'memory', ports: [] }
const columns = findColumns()
const found: Findings[] = []
try {
  for (const column of columns) found.push(await fill(column))
} finally {
  leave()
}
printTable(promises)
printTable(storeCalls)
const missed = [...promises, ...storeCalls].filter((scenario) =>
  found.some((findings) => (findings.get(scenario) ?? scenario.wanted) !== scenario.wanted),
)
for (const { measure, wanted } of missed) console.log(`not as wanted, which is ${wanted}: ${measure}`)
if (missed.length === 0) console.log('all as wanted')
process.exitCode = missed.length === 0 ? 0 : 1

/** Runs all scenarios on one store. */
async function fill({ heading, engine }: Column): Promise<Findings> {
  const start = performance.now()
  const running = await engine?.start()
  const stage = new Stage(running?.address ?? inMemory)
  const findings = new Map<Scenario, string>()
  try {
    const ground = await stage.open(running ? 2 : 1)
    for (const scenario of [...promises, ...storeCalls]) {
      if (running || !scenario.needsSharing) findings.set(scenario, await runOne(scenario, ground, heading))
    }
  } finally {
    await stage.close()
    await running?.stop()
  }
  console.error(`${heading}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return findings
}

async function runOne(scenario: Scenario, ground: Ground, heading: string): Promise<string> {
  try {
    return await scenario.run(ground)
  } catch (error) {
    console.error(`${scenario.measure}, ${heading}:`, error)
    return 'failed'
  }
}

function printTable(scenarios: readonly Scenario[]): void {
  const rows = scenarios.map((scenario) => {
    return [scenario.measure, ...found.map((findings) => findings.get(scenario) ?? '–')]
  })
  console.log(`${formatTable(['measured', ...columns.map(({ heading }) => heading)], rows)}\n`)
}
