import { parseArgs } from 'node:util'
import { plantedBugs } from './planted/planted-bugs.ts'

/** The parsed command line of `npm run schedules`. */
export interface Choices {
  /** One invariant, or all. */
  readonly invariant: string | undefined
  /** The bug to plant in the library, if any. */
  readonly plant: string | undefined
  readonly firstSeed: number
  readonly count: number
}

/** An invalid option. The message names it, what was received and what is allowed. */
export class RefusedChoice extends Error {}

/**
 * Parses the command line.
 *
 * @throws {@link RefusedChoice} for an invalid option.
 */
export function readChoices(given: readonly string[]): Choices {
  const { invariant, plant, seed, count } = parse(given)
  demandOneOf(
    '--plant',
    plant,
    plantedBugs.map(({ name }) => name),
  )
  const firstSeed = readNatural('--seed', seed) ?? 1
  return {
    invariant,
    plant,
    firstSeed,
    count: readNatural('--count', count) ?? (seed === undefined ? 10_000 : 1),
  }
}

function parse(given: readonly string[]) {
  const text = { type: 'string' } as const
  const options = { invariant: text, seed: text, count: text, plant: text }
  try {
    return parseArgs({ args: [...given], options }).values
  } catch (error) {
    throw new RefusedChoice((error as Error).message)
  }
}

export function demandOneOf(option: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return
  throw new RefusedChoice(`${option} is ${JSON.stringify(value)}; allowed are ${allowed.join(', ')}`)
}

function readNatural(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value)
  throw new RefusedChoice(
    `${option} is ${JSON.stringify(value)}; allowed is a whole number from 1 to 999999999`,
  )
}
