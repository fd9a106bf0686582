import { loadavg } from 'node:os'
import { findQuartiles, formatQuartiles } from '../statistics.ts'
import { startServer } from '../start-server.ts'
import type { ServerProcess } from '../start-server.ts'
import { formatTable } from '../table.ts'
import { sendRequests } from './send-requests.ts'
import type { ServerKind } from './server-kinds.ts'

// Many short rounds: what is compared then runs under the same load of the machine.
const rounds = 60
const requestsPerRound = 3_000
const warmUpRequests = 20_000
const connections = 20

const kinds: readonly ServerKind[] = [
  'node:http',
  'node:http + coatcheck',
  'express 5',
  'express 5 + express-session',
  'express 5 + coatcheck',
]

const additions: readonly (readonly [withSessions: ServerKind, bare: ServerKind])[] = [
  ['node:http + coatcheck', 'node:http'],
  ['express 5 + coatcheck', 'express 5'],
  ['express 5 + express-session', 'express 5'],
]

type Series = Record<ServerKind, number[]>

interface Subject {
  readonly kind: ServerKind
  readonly server: ServerProcess
  readonly cookies: readonly string[]
}

/** User CPU of the server's process per request that reads one value of a stored session. */
export async function compareCpu(): Promise<void> {
  const [load = 0] = loadavg()
  if (load > 0.7) console.log(`The machine is busy (load ${load.toFixed(1)}): do not trust these figures.\n`)
  const subjects = await Promise.all(kinds.map(startSubject))
  const series = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Series
  try {
    for (const subject of subjects) await measure(subject, warmUpRequests)
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of orderOf(subjects, round)) {
        series[subject.kind].push(await measure(subject, requestsPerRound))
      }
    }
  } finally {
    await Promise.all(subjects.map(({ server }) => server.stop()))
  }
  printComparison(series)
}

/** Rotated, and backwards in every other round: nobody keeps a place or a predecessor. */
function orderOf<Item>(items: readonly Item[], round: number): Item[] {
  const start = round % items.length
  const rotated = [...items.slice(start), ...items.slice(0, start)]
  return round % 2 === 0 ? rotated : rotated.toReversed()
}

async function startSubject(kind: ServerKind): Promise<Subject> {
  const server = await startServer(new URL('server.ts', import.meta.url), [kind])
  const cookies: string[] = []
  for (let count = 0; count < connections; count += 1) cookies.push(await seedSession(server, kind))
  return { kind, server, cookies }
}

/** A bare server gets a cookie as well: reading the header is not what a library adds. */
async function seedSession(server: ServerProcess, kind: ServerKind): Promise<string> {
  if (!kind.includes('+')) return `session_id=${'0'.repeat(64)}`
  const answer = await fetch(`http://127.0.0.1:${server.port}/seed`)
  const [cookie] = answer.headers.getSetCookie()
  if (!cookie) throw new Error(`${kind} started no session`)
  return cookie.slice(0, cookie.indexOf(';'))
}

async function measure({ server, cookies }: Subject, requests: number): Promise<number> {
  const before = await server.ask<NodeJS.CpuUsage>('/cpu')
  await sendRequests({ port: server.port, cookies, requests })
  const after = await server.ask<NodeJS.CpuUsage>('/cpu')
  return (after.user - before.user) / requests
}

function printComparison(series: Series): void {
  console.log(`User CPU per read, memory store, ${rounds} rounds of ${requestsPerRound} requests (µs):\n`)
  const absolute = kinds.map((kind) => describeSeries(kind, series[kind]))
  console.log(formatTable(['server', 'median', 'quartiles'], absolute))

  const added = new Map(additions.map(([kind, bare]) => [kind, subtract(series[kind], series[bare])]))
  const rows = [...added].map(([kind, costs]) => describeSeries(kind, costs))
  console.log(`\nAdded to the bare server of the same kind, paired by round (µs):\n`)
  console.log(formatTable(['server', 'median', 'quartiles'], rows))

  const theirs = added.get('express 5 + express-session') ?? []
  console.log()
  for (const kind of ['node:http + coatcheck', 'express 5 + coatcheck'] as const) {
    const ratio = findQuartiles(added.get(kind) ?? []).median / findQuartiles(theirs).median
    console.log(`${kind} beside express-session: ${ratio.toFixed(3)}, one ${(1 / ratio).toFixed(1)}th`)
    if (kind === 'node:http + coatcheck') console.log(`at most an eighth: ${ratio <= 1 / 8 ? 'yes' : 'no'}`)
  }
}

function describeSeries(kind: string, series: readonly number[]): string[] {
  return [kind].concat(formatQuartiles(findQuartiles(series)))
}

function subtract(series: readonly number[], base: readonly number[]): number[] {
  return series.map((value, round) => value - (base[round] ?? Number.NaN))
}
