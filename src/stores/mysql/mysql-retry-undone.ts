// Sends again what the server has certainly not carried out.

import { setTimeout as wait } from 'node:timers/promises'
import { errorNumberOf, messageOf } from './mysql-driver-error.ts'

/** For how long, in milliseconds: within the manager's default `timeout`. */
const patience = 1500

/** The first and the longest pause at most, in milliseconds. */
const [firstPause, longestPause] = [4, 250]

/**
 * The server has undone the statement, alone or with its transaction: the row has changed since it was read
 * (1020), lock wait timeout (1205), deadlock, or the write set of another node of Galera came first (1213), to be
 * prepared again (1615), the group has refused the transaction (3101).
 */
const undone: ReadonlySet<number | undefined> = new Set([1020, 1205, 1213, 1615, 3101])

/** ER_UNKNOWN_COM_ERROR: how a node of Galera says that it is not a part of the cluster, and does nothing. */
const unknownCommand = 1047

/** A step has read what another server changed before it could write. Nothing was committed. */
export class OvertakenError extends Error {}

/**
 * Runs again, after random pauses that grow, what failed because the server has undone it. Conflicts between
 * nodes of Galera come in bursts and outlast a few attempts without a pause.
 *
 * @throws the driver's error, the last one if it does not get through within {@link patience}.
 */
export async function retryUndone<Result>(run: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + patience
  for (let longest = firstPause; ; longest = Math.min(longest * 2, longestPause)) {
    try {
      return await run()
    } catch (error) {
      const pause = Math.random() * longest
      if (!isUndone(error) || performance.now() + pause > deadline) throw error
      await wait(pause)
    }
  }
}

function isUndone(error: unknown): boolean {
  const number = errorNumberOf(error)
  if (number === unknownCommand) return messageOf(error).includes('WSREP')
  return undone.has(number) || error instanceof OvertakenError
}
