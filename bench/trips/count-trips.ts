// How much code one request runs through: files, functions and calls, counted by V8. Speed changes no count.

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listenOnFreePort } from '../../test/support/listen-on-free-port.ts'
import { formatTable } from '../table.ts'
import { Coverage, tally } from './coverage.ts'
import { printSourceTotals } from './print-source-totals.ts'
import type { Subject } from './subjects.ts'
import type { Trip } from './trips.ts'

const warmUpRequests = 5

const coverage = await Coverage.start()
// Later than the coverage, which may miss what is imported above.
const { createSubjects } = await import('./subjects.ts')
const { assertTheme, send, startSession, trips } = await import('./trips.ts')

const folder = await mkdtemp(join(tmpdir(), 'coatcheck-trips-'))
try {
  const rows: string[][] = []
  for (const subject of createSubjects(folder)) rows.push(...(await countTrips(subject)))
  const columns = ['library, store and request', 'files', 'functions', 'calls']
  const ofDependencies = ['+ files', '+ functions', '+ calls']
  console.log('What one request runs on node:http, and, after a plus, what it runs of dependencies:\n')
  console.log(formatTable([...columns, ...ofDependencies], rows))
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log()
printSourceTotals()

async function countTrips(subject: Subject): Promise<string[][]> {
  const server = createServer(subject.listener)
  const origin = `http://127.0.0.1:${await listenOnFreePort(server)}`
  const rows: string[][] = []
  try {
    for (const trip of trips) {
      for (let count = 0; count < warmUpRequests; count += 1) await countTrip(origin, trip, subject)
      rows.push([`${subject.name}: ${trip.name}`, ...(await countTrip(origin, trip, subject))])
    }
  } finally {
    server.close()
    server.closeAllConnections()
    await subject.close()
  }
  return rows
}

/** What one request ran. Nothing else runs in between: whatever is in a package is then the library's. */
async function countTrip(origin: string, trip: Trip, subject: Subject): Promise<string[]> {
  const cookie = await startSession(origin)
  await coverage.take()
  await send(origin, trip, cookie)
  const called = await coverage.take()
  await assertTheme(origin, cookie, trip.leaves)
  const own = called.filter(({ url }) => subject.isOwn(url))
  const others = called.filter(({ url }) => !subject.isOwn(url) && url.includes('/node_modules/'))
  return [own, others].flatMap((part) => Object.values(tally(part)).map(String))
}
