// What a server refuses for a moment, without having begun it, is asked again: the rebalancing of a Cluster, an election
// or a long script must not become an error page. What may have been executed is never sent again from here.

/** For how long a command is repeated, in milliseconds: less than a manager waits for a verb by default. */
const patience = 1500

/** The first pause at its longest; each further one is twice as long, up to `longestPause`. In milliseconds. */
const firstPause = 20
const longestPause = 320

/**
 * Refusals that pass: keys of one command on their way to another master, a Cluster in an election, a server that reads
 * its file, a replica without its master, and one that runs another script.
 */
const passing = /^(?:TRYAGAIN|CLUSTERDOWN|LOADING|MASTERDOWN|BUSY)\b/

/**
 * Redis adds this to what a command inside of a script was refused with, and then the script had begun.
 * Redis 6 begins such an error with ERR.
 */
const insideScript = /\bscript: [0-9a-f]{40}\b/

/** Sends a command, and again after growing random pauses while the server says that it cannot begin it yet. */
export async function repeatRefused<Reply>(send: () => Promise<Reply>): Promise<Reply> {
  const start = performance.now()
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    try {
      return await send()
    } catch (error) {
      if (!isPassing(error) || performance.now() - start + pause > patience) throw error
    }
    await wait(pause * (0.5 + Math.random() / 2))
  }
}

/** Whether the server has refused to begin, and may soon not. */
function isPassing(error: unknown): boolean {
  return error instanceof Error && passing.test(error.message) && !insideScript.test(error.message)
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds))
}
