// What is measured on real servers: which promises each store keeps, and how many bytes it needs for a session.

import { checkPromises } from '../src/testing/check-promises.ts'
import type { PromiseReport } from '../src/testing/check-promises.ts'
import { sampleRecord } from '../src/testing/sample-record.ts'
import type { Engine, OpenedStore, RunningEngine } from '../test/servers/engine.ts'
import { engines, missing } from '../test/servers/engines.ts'
import { openStore } from '../test/servers/open-store.ts'

/** By the heading of its column: the engine, with one driver, since the driver changes nothing about the store. */
const columns: Readonly<Record<string, string>> = {
  '`redisStore`': 'Redis, node-redis',
  '`redisStore`, Cluster': 'Redis Cluster, node-redis',
  '`redisStore`, Sentinel': 'Redis Sentinel, node-redis',
  '`postgresStore`': 'PostgreSQL, pg',
  '`mysqlStore`': 'MariaDB, mysql2',
}

/** How many sessions are stored to measure the size of one. */
const sessions = 10_000

/** How many of them are stored at a time. */
const batch = 100

/** Checks each store that needs a server with the conformance kit. */
export async function reportServerStores(): Promise<readonly PromiseReport[]> {
  const reports: PromiseReport[] = []
  for (const [heading, name] of Object.entries(columns)) {
    await withEngine(findEngine(name), async (running) => {
      const [opened, peer] = [await openStore(running.address), await openStore(running.address)]
      const stores = { store: opened.store, peer: peer.store }
      reports.push(await checkPromises(heading, () => stores))
      await opened.close()
      await peer.close()
    })
  }
  return reports
}

/** The heading and a row for each database: its version, and the bytes it needs for one session. */
export async function measureSessions(): Promise<readonly (readonly string[])[]> {
  const rows = [['store', 'measured on', 'bytes per session']]
  const names = { '`sqliteStore`': 'SQLite', ...columns }
  for (const [heading, name] of Object.entries(names)) {
    await withEngine(findEngine(name), async (running) => {
      const opened = await openStore(running.address)
      await fill(opened)
      await opened.close()
      const bytes = Math.round((await running.measureSize()) / sessions)
      rows.push([heading, await running.readVersion(), String(bytes)])
    })
  }
  return rows
}

/** Stores sessions in use, half of them with a user: 300 bytes of data, and the ids of their last 16 commits. */
async function fill({ store }: OpenedStore): Promise<void> {
  const now = Date.now()
  const text = 'a scarf, a hat, '.repeat(20)
  const data = JSON.stringify({ cart: text }).slice(0, 298).padEnd(298, '.') + '"}'
  const commitIds = Array.from({ length: 16 }, () => sampleRecord(now).handle.slice(0, 16))
  for (let stored = 0; stored < sessions; stored += batch) {
    const records = Array.from({ length: batch }, (_, index) => {
      const user = index % 2 === 0 ? { userId: `user-${stored + index}` } : {}
      return sampleRecord(now, { data, commitIds, version: 16, ...user })
    })
    await Promise.all(records.map(async (record) => store.create(record, now)))
  }
}

function findEngine(name: string): Engine {
  const engine = engines.find((each) => each.name === name)
  if (!engine) throw new Error(`no engine is called ${name}`)
  const reason = missing(engine)
  if (reason !== false) throw new Error(reason)
  return engine
}

async function withEngine(engine: Engine, use: (running: RunningEngine) => Promise<void>): Promise<void> {
  const running = await engine.start()
  try {
    await use(running)
  } finally {
    await running.stop()
  }
}
