import type { ServerProcess } from '../start-server.ts'

/** The stores under test, by the columns of the table. */
export type StoreName = 'memory' | 'sqlite'

/** Where a scenario runs. */
export interface Ground {
  readonly server: ServerProcess
  readonly storeName: StoreName
  /** What the server was started on: `memory`, or a file. */
  readonly place: string
}

/** One row of the table. */
export interface Scenario {
  readonly measure: string
  readonly wanted: string
  /** The only store that it makes sense for. */
  readonly only?: StoreName
  /** What was found, in the words of `wanted`. */
  run(ground: Ground): Promise<string>
}

/** Runs a round again and again and says in how many it held. */
export async function countRounds(
  rounds: number,
  round: (index: number) => Promise<boolean>,
): Promise<string> {
  let held = 0
  for (let index = 0; index < rounds; index += 1) if (await round(index)) held += 1
  return `${held} of ${rounds}`
}

let names = 0

/** A name that no other barrier has. */
export function nameBarrier(): string {
  names += 1
  return `barrier-${names}`
}
