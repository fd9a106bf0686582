import { setTimeout as wait } from 'node:timers/promises'

/** Long enough for a driver that connects anew on a busy machine, in milliseconds. */
const limit = 30_000

/** Between two attempts, in milliseconds. */
const pause = 5

/** Asks again until the answer is yes, for what happens in the background; an error is a no. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await untilResolved(async () => {
    if (!(await holds())) throw new Error(`not within ${limit} ms: ${what}`)
  })
}

/** Tries again until it resolves, and then with its value. After the limit the last error counts. */
export async function untilResolved<Value>(attempt: () => Value | Promise<Value>): Promise<Value> {
  const deadline = Date.now() + limit
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await wait(pause)
    }
  }
}
