import assert from 'node:assert/strict'
import { loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, describe, test } from 'node:test'
import { hashOwner } from '../../src/id/hash.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionManager } from '../../src/manager/session-manager.ts'
import { cachedStore } from '../../src/stores/cached.ts'
import { columns } from '../../src/sql/columns.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { alignRows } from '../../src/testing/format-reports.ts'
import { sampleRecord } from '../../src/testing/sample-record.ts'
import { Browser } from '../core/harness.ts'
import type { Loose } from '../core/harness.ts'
import type { Address, Engine, EngineStore, OpenedStore, RunningEngine } from './engine.ts'
import { engines, enginesOfOneProcess, missing } from './engines.ts'
import { runSql } from './failure-modes/run-sql.ts'
import { surroundCalls } from './failure-modes/surround-calls.ts'
import { account } from './mariadb.ts'
import { openStore } from './open-store.ts'

// A robot signs in again and again, and one day all its sessions are to end. However many they are, each step ends
// within `timeout`, and the process goes on serving others meanwhile. In the gate they are a few thousand, with which
// every store takes several steps; `npm run many-sessions` makes 100 000.

const count = Number(process.env['MANY_SESSIONS'] ?? 2500)
/** How many rows a database makes of one. */
const copiesOfEach = count / 500
const userId = 'robot'
const owner = hashOwner('session_id', userId)
const day = 86_400_000
const data = JSON.stringify({ note: 'x'.repeat(300) })
/** Long enough to make them all, on a busy machine. */
const patience = 20 * 60_000

const rows: string[][] = []
after(() => {
  const head = [
    'store',
    'call',
    'a page of a list',
    'all ended in',
    'steps',
    'longest step',
    'longest stand-still',
  ]
  const load = loadavg()[0]?.toFixed(1)
  console.log([`${count} sessions of one user, load ${load}:`, ...alignRows([head, ...rows])].join('\n'))
})

/** What is tried: each engine, and a cache around one. Memory has a limit of its own here, above what is made. */
const places: readonly (Engine & { open(running: RunningEngine): Promise<OpenedStore> })[] = [
  ...[...engines, ...enginesOfOneProcess].map((engine) => ({
    ...engine,
    open: async ({ address }: RunningEngine) =>
      engine.name === 'memory'
        ? { store: memoryStore({ maxSessions: 2 * count }), close: async () => {} }
        : openStore(address),
  })),
  ...engines.slice(0, 1).map((engine) => ({
    ...engine,
    name: `a cache around ${engine.name}`,
    async open({ address }: RunningEngine) {
      const { store, close } = await openStore(address)
      return { store: cachedStore(store), close }
    },
  })),
]

for (const place of places) {
  describe(
    `a user with ${count} sessions, on ${place.name}`,
    { skip: missing(place), timeout: patience },
    () => {
      for (const call of ['revokeOthers', 'revokeAll'] as const) {
        test(`${call} ends them, step by step`, async () => {
          const running = await place.start()
          const opened = await place.open(running)
          try {
            await endMany(place.name, running.address, opened.store, call)
          } finally {
            await opened.close()
            await running.stop()
          }
        })
      }
    },
  )
}

/** Makes the sessions, ends them, and checks that all others are left. */
async function endMany(
  name: string,
  address: Address,
  store: EngineStore,
  call: 'revokeOthers' | 'revokeAll',
): Promise<void> {
  const steps: number[] = []
  const timed = timeDeletions(store, steps)
  const handles: string[] = []
  const sessions = createSessionManager<Loose>({
    store: timed,
    onEvent: (event) => void (event.type === 'revoked' && handles.push(event.handle)),
  })
  const [own, other] = [new Browser(sessions), new Browser(sessions)]
  await own.visit((session) => session.login(userId))
  await other.visit((session) => session.login('another user'))
  // All of them end at one instant, or one after the other.
  const keys = await makeSessions(address, store, call === 'revokeAll' ? 0 : 1000)
  const list = await watch(() => sessions.list(userId))
  assert.equal(list.value.length, 100)

  const all = await watch(() =>
    call === 'revokeAll' ? sessions.revokeAll(userId) : revokeOthers(sessions, own),
  )
  const left = call === 'revokeAll' ? 0 : 1
  assert.equal(all.value, count + 1 - left)
  assert.equal(new Set(handles).size, handles.length)
  assert.equal(handles.length, all.value)
  assert.ok(steps.length > 1, 'it took one step')
  assert.equal(await store.countByUser(owner, Date.now()), left)
  assert.equal((await sessions.list(userId)).length, left)
  for (const key of [keys[0], keys[count >> 1], keys.at(-1)])
    assert.equal(await store.read(key ?? '', Date.now()), undefined)
  assert.equal(await own.see((session) => session.userId), left === 0 ? undefined : userId)
  assert.equal(await other.see((session) => session.userId), 'another user')
  await sessions.close()
  rows.push([
    name,
    call,
    inMilliseconds(list.took),
    inMilliseconds(all.took),
    String(steps.length),
    inMilliseconds(Math.max(...steps)),
    inMilliseconds(all.standStill),
  ])
}

/** The store, which notes how long each step of a deletion took. */
function timeDeletions(store: EngineStore, steps: number[]): EngineStore {
  return surroundCalls(store, async (verb, call) => {
    const start = performance.now()
    const answer = await call()
    if (verb === 'delete') steps.push(performance.now() - start)
    return answer
  })
}

async function revokeOthers(sessions: SessionManager<Loose>, browser: Browser): Promise<number> {
  const { session, conclude } = await browser.open()
  const ended = await sessions.revokeOthers(session)
  await conclude()
  return ended
}

/** Past the manager, which would end those over a limit. Resolves to the keys of those that the store made itself. */
async function makeSessions(
  address: Address,
  store: EngineStore,
  distance: number,
): Promise<readonly string[]> {
  const isServer = /^(?:pg|postgres|mysql)/.test(address.kind)
  const made = isServer ? count / copiesOfEach : count
  const now = Date.now()
  const keys: string[] = []
  const makeOne = async (): Promise<void> => {
    while (keys.length < made) {
      const endsAt = now + day + distance * keys.length
      const record = sampleRecord(now, { userId, data, endsAt, idleTimeout: day, idleExpiresAt: now + day })
      keys.push(record.key)
      assert.equal(await store.create(record, now), true)
    }
  }
  await Promise.all(Array.from({ length: 200 }, makeOne))
  if (isServer) await copyRows(address, keys, distance * made)
  return keys
}

/** Has the database make the rest: it would take most of an hour to send them one by one. */
async function copyRows(address: Address, keys: readonly string[], distance: number): Promise<void> {
  const isMysql = address.kind.startsWith('mysql')
  const [key, numbers, hash, short] = isMysql
    ? [
        '`key`',
        `${account.database}.seq_1_to_${copiesOfEach - 1} as s`,
        (text: string) => `sha2(concat(${text}, seq), 256)`,
        'md5(concat(handle, seq))',
      ]
    : [
        'key',
        `generate_series(1, ${copiesOfEach - 1}) as seq`,
        (text: string) => `encode(sha256((${text} || seq)::bytea), 'hex')`,
        'md5(handle || seq)',
      ]
  const names = columns.map((name) => (name === 'key' ? key : name))
  const values = columns.map((name) => {
    if (name === 'key') return hash(key)
    if (name === 'handle') return `substr(${short}, 1, 24)`
    return name === 'ends_at' ? `ends_at + seq * ${distance}` : name
  })
  const given = keys.map((each) => `'${each}'`).join(', ')
  await runSql(
    address,
    `insert into coatcheck_sessions (${names.join(', ')}) select ${values.join(', ')}
      from coatcheck_sessions, ${numbers} where ${key} in (${given})`,
  )
}

/** How long a call takes, and for how long at most nothing else could run in this process. */
async function watch<Value>(
  call: () => Promise<Value>,
): Promise<{ value: Value; took: number; standStill: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const start = performance.now()
  const value = await call()
  const took = performance.now() - start
  // The timer by which it measures is to come once more.
  await new Promise((resolve) => setTimeout(resolve, 5))
  delay.disable()
  return { value, took, standStill: delay.max / 1e6 }
}

function inMilliseconds(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`
}
