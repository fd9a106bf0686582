import { orderOf } from '../order-of.ts'
import { startServer } from '../start-server.ts'
import type { ServerProcess } from '../start-server.ts'
import { printComparison } from './print-comparison.ts'
import type { Series } from './print-comparison.ts'
import { sendRequests } from './send-requests.ts'
import type { ServerKind } from './server-kinds.ts'

// Many short rounds: what is compared then runs under the same load of the machine.
const mostRounds = 100
/** Milliseconds: a busy machine gets fewer rounds, and says so. */
const longestRun = 180_000
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

interface Subject {
  readonly kind: ServerKind
  readonly server: ServerProcess
  readonly cookies: readonly string[]
}

/** User CPU of the server's process per request that reads one value of a stored session. */
export async function compareCpu(): Promise<void> {
  const subjects = await Promise.all(kinds.map(startSubject))
  const series = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Series
  try {
    for (const subject of subjects) await measure(subject, warmUpRequests)
    const end = performance.now() + longestRun
    for (let round = 0; round < mostRounds && performance.now() < end; round += 1) {
      for (const subject of orderOf(subjects, round)) {
        series[subject.kind].push(await measure(subject, requestsPerRound))
      }
    }
  } finally {
    await Promise.all(subjects.map(({ server }) => server.stop()))
  }
  printComparison(series, requestsPerRound)
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
