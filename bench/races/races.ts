import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../start-server.ts'
import { formatTable } from '../table.ts'
import { leave } from './client.ts'
import { killedServer } from './killed-server.ts'
import { lateScenarios } from './late-requests.ts'
import { overlappingWrites } from './overlapping-writes.ts'
import { redirectRead } from './redirect-read.ts'
import type { Ground, Scenario, StoreName } from './scenario.ts'
import { storeCalls } from './store-calls.ts'
import { twoProcesses } from './two-processes.ts'

const scenarios: readonly Scenario[] = [
  ...overlappingWrites,
  ...lateScenarios,
  redirectRead,
  ...twoProcesses,
  killedServer,
  ...storeCalls,
]

const folder = await mkdtemp(join(tmpdir(), 'coatcheck-races-'))
try {
  const memory = await runAll('memory', 'memory')
  const sqlite = await runAll('sqlite', join(folder, 'sessions.db'))
  const rows = scenarios.map(({ measure, wanted }, index) => {
    return [measure, memory[index] ?? '', sqlite[index] ?? '', wanted]
  })
  console.log(formatTable(['measure', 'memory', 'sqlite', 'wanted'], rows))
  const missed = scenarios.filter((scenario, index) => {
    return [memory, sqlite].some((found) => found[index] !== '' && found[index] !== scenario.wanted)
  })
  console.log(missed.length === 0 ? '\nall as wanted' : `\nnot as wanted: ${missed.length}`)
  process.exitCode = missed.length === 0 ? 0 : 1
} finally {
  leave()
  await rm(folder, { recursive: true })
}

/** What each scenario found on a store, by the order of the scenarios. */
async function runAll(storeName: StoreName, place: string): Promise<string[]> {
  const server = await startServer(new URL('server.ts', import.meta.url), [place])
  const found: string[] = []
  try {
    for (const scenario of scenarios) {
      const isMeant = scenario.only === undefined || scenario.only === storeName
      found.push(isMeant ? await runOne(scenario, { server, storeName, place }) : '')
    }
  } finally {
    await server.stop()
  }
  return found
}

async function runOne(scenario: Scenario, ground: Ground): Promise<string> {
  try {
    return await scenario.run(ground)
  } catch (error) {
    console.error(`${scenario.measure}, ${ground.storeName}:`, error)
    return 'failed'
  }
}
