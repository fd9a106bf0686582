// What an import costs a process that has just started: time, modules and bytes. Every time is from a process of
// its own, and all are taken in turns.

import { loadavg } from 'node:os'
import { orderOf } from '../order-of.ts'
import { findQuartiles, findRatioInterval, formatRange } from '../statistics.ts'
import { formatTable } from '../table.ts'
import { listLoaded, timeImport } from './import-in-child.ts'
import type { Loaded } from './import-in-child.ts'

const rounds = 31
const base = 'express-session'

interface Subject {
  readonly name: string
  readonly specifier: string
  readonly loaded: Loaded
  /** Milliseconds of each round. */
  readonly times: number[]
}

/** The base comes twice: how far its second series is from the first is the noise of the machine. */
const specifiers: Readonly<Record<string, string>> = {
  coatcheck: 'coatcheck',
  'coatcheck/express': 'coatcheck/express',
  'coatcheck/stores/redis': 'coatcheck/stores/redis',
  [base]: base,
  [`${base} again`]: base,
  '@fastify/session': '@fastify/session',
}

/** Some of them load `node:http` and some do not: a server pays for it in any case. */
const starts = [
  {
    name: 'an empty process',
    first: [],
    subjects: createSubjects({ 'node:http': 'node:http', ...specifiers }),
  },
  {
    name: 'a process with node:http, as a server is',
    first: ['node:http'],
    subjects: createSubjects(specifiers),
  },
]

const places = starts.flatMap(({ first, subjects }) => subjects.map((subject) => ({ first, subject })))
for (let round = 0; round < rounds; round += 1) {
  for (const { first, subject } of orderOf(places, round)) {
    subject.times.push(timeImport(subject.specifier, first))
  }
}
for (const { name, subjects } of starts) {
  console.log(`Import in ${name}, ${rounds} rounds in turns (ms), and ratio to ${base}:\n`)
  printSubjects(subjects)
  console.log()
}
const [load = 0] = loadavg()
console.log(`load of the machine at the end: ${load.toFixed(1)}, of which about 1 is this benchmark`)

/** Looking at what each loads also brings its files into the cache of the operating system, before any time. */
function createSubjects(named: Readonly<Record<string, string>>): readonly Subject[] {
  return Object.entries(named).map(([name, specifier]) => {
    return { name, specifier, loaded: listLoaded(specifier), times: [] }
  })
}

function printSubjects(subjects: readonly Subject[]): void {
  const baseTimes = timesOf(subjects, base)
  const rows = subjects.map(({ name, loaded, times }) => [
    name,
    ...formatRange(findQuartiles(times)),
    ...formatRange(findRatioInterval(times, baseTimes)),
    String(loaded.modules),
    loaded.brotli.toLocaleString('en'),
  ])
  const columns = ['import', 'median', 'quartiles', 'ratio', '95 % interval', 'modules', 'brotli']
  console.log(formatTable(columns, rows))
  const { median } = findRatioInterval(timesOf(subjects, `${base} again`), baseTimes)
  console.log(`\nnoise: ${base} differs by ${(Math.abs(median - 1) * 100).toFixed(1)} % from itself`)
}

function timesOf(subjects: readonly Subject[], name: string): readonly number[] {
  return subjects.find((subject) => subject.name === name)?.times ?? []
}
