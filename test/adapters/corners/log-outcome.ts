import type { Log } from './visit.ts'

/** Logs how a call ends: that it returned, or the code and message of node's error. */
export function logOutcome({ order }: Pick<Log, 'order'>, call: () => unknown): void {
  try {
    call()
    order('returned')
  } catch (error) {
    order(`${(error as NodeJS.ErrnoException).code} ${(error as Error).message}`)
  }
}
