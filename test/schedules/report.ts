import { replay } from './explore.ts'
import type { Failure, Schedule } from './explore.ts'
import type { Invariant } from './invariants/invariant.ts'
import { shrink } from './shrink.ts'

/** Describes the shortest failing schedule found, step by step, and how to run it again. */
export async function reportFailure(
  { name: searched }: Invariant,
  failure: Failure,
  bug?: string,
): Promise<string> {
  const [first] = failure.violations
  const broken = failure.violations.find(({ name }) => name === searched) ?? first
  const shortest = await shrink(failure.schedule, broken?.name ?? '')
  const lines: string[] = []
  const violations = await replay(shortest, (text) => lines.push(`  ${text()}`))
  return [
    ...violations.map(({ name, message }) => `${name} does not hold: ${message}`),
    '',
    describeProgram(shortest),
    ...lines,
    '',
    `Seed ${failure.seed}. Run it again: npm run schedules -- ${describeChoices(searched, failure.seed, bug)}`,
  ].join('\n')
}

function describeChoices(invariant: string, seed: number, bug: string | undefined): string {
  return `--invariant ${invariant} --seed ${seed}${bug === undefined ? '' : ` --plant '${bug}'`}`
}

function describeProgram({ program, decisions }: Schedule): string {
  const { requests, ...world } = program
  const settings = Object.entries(world).map(([name, value]) => `${name} ${String(value)}`)
  const handlers = requests.map(({ browser, process, operations }, index) => {
    return `  ${index + 1}. browser ${browser}, process ${process}: ${operations.join(', ') || 'nothing'}`
  })
  return [`${settings.join('; ')}; ${decisions.length} decisions`, ...handlers, ''].join('\n')
}
