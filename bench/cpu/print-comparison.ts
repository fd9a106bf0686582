import { loadavg } from 'node:os'
import { findQuartiles, findRatioInterval, formatRange } from '../statistics.ts'
import { formatTable } from '../table.ts'
import type { ServerKind } from './server-kinds.ts'

/** Microseconds per request of each round. */
export type Series = Record<ServerKind, number[]>

const target = 1 / 8
const columns = ['server', 'median', 'quartiles']

export function printComparison(series: Series, requestsPerRound: number): void {
  const rounds = series['node:http'].length
  console.log(`User CPU per read, memory store, ${rounds} rounds of ${requestsPerRound} requests (µs):\n`)
  console.log(formatTable(columns, Object.entries(series).map(describeSeries)))

  const oursOnNode = subtract(series['node:http + coatcheck'], series['node:http'])
  const oursOnExpress = subtract(series['express 5 + coatcheck'], series['express 5'])
  const theirs = subtract(series['express 5 + express-session'], series['express 5'])
  const added = Object.entries({
    'coatcheck on node:http': oursOnNode,
    'coatcheck on express 5': oursOnExpress,
    'express-session on express 5': theirs,
  })
  console.log('\nAdded to the bare server of the same kind, paired by round (µs):\n')
  console.log(formatTable(columns, added.map(describeSeries)))

  console.log('\nRatio to what express-session adds, with its 95 % interval:')
  console.log(`coatcheck on node:http: ${describeRatio(oursOnNode, theirs)}`)
  console.log(`coatcheck on express 5: ${describeRatio(oursOnExpress, theirs)}`)
  console.log(`at most an eighth on node:http: ${judge(oursOnNode, theirs)}`)
  const [load = 0] = loadavg()
  console.log(`load of the machine at the end: ${load.toFixed(1)}, of which about 2 is this benchmark`)
}

function describeSeries([name, series]: [string, readonly number[]]): string[] {
  return [name].concat(formatRange(findQuartiles(series)))
}

function describeRatio(ours: readonly number[], theirs: readonly number[]): string {
  const [ratio, interval] = formatRange(findRatioInterval(ours, theirs), 3)
  return `${ratio} (${interval})`
}

/** A noisy run must not decide by luck. */
function judge(ours: readonly number[], theirs: readonly number[]): string {
  const { lower, median, upper } = findRatioInterval(ours, theirs)
  const isCertain = upper <= target || lower > target
  return (median <= target ? 'yes' : 'no') + (isCertain ? '' : ', but this run is too noisy to be certain')
}

function subtract(series: readonly number[], base: readonly number[]): number[] {
  return series.map((value, round) => value - (base[round] ?? Number.NaN))
}
