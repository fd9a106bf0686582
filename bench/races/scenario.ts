import type { ServerProcess } from '../start-server.ts'

/** Where a scenario runs. */
export interface Ground {
  /** One server process, or two that share a store. */
  readonly servers: readonly ServerProcess[]
  /** Starts one more on the same store. */
  startServer(): Promise<ServerProcess>
}

/** One row of the table. */
export interface Scenario {
  readonly measure: string
  readonly wanted: string
  /** Only for stores that several processes can share. */
  readonly needsSharing?: boolean
  /** What was found, in the words of `wanted`. */
  run(ground: Ground): Promise<string>
}

/** The server process whose turn it is. */
export function deal(servers: readonly ServerProcess[], turn: number): ServerProcess {
  const server = servers[turn % servers.length]
  if (!server) throw new Error('there is no server process')
  return server
}

/** The numbers from 0 to below `count`. */
export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

/**
 * Runs rounds, each with a session of its own, and says in how many it held. A few run at a time, because
 * most of a round is waiting for the network.
 */
export async function countRounds(
  rounds: number,
  round: (index: number) => Promise<boolean>,
  atOnce = 20,
): Promise<string> {
  const waiting = range(rounds).values()
  let held = 0
  const work = async (): Promise<void> => {
    for (const index of waiting) if (await round(index)) held += 1
  }
  await Promise.all(range(atOnce).map(work))
  return `${held} of ${rounds}`
}

let names = 0

/** A name that no other barrier has. */
export function nameBarrier(): string {
  names += 1
  return `barrier-${names}`
}
