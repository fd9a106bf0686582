import { demands, places } from './run.ts'
import './watch.ts'

/** Those that run in processes of their own, on the built library. */
const servers = ['server.ts', 'smoke.mjs']

/**
 * Called by the test runner before all files. The watch goes on to the processes it starts, and tells
 * of all when it ends. A run that searched nothing would be green, too: this one must have searched
 * everywhere.
 */
export function globalSetup(): void {
  for (const place of places) {
    demands.push((summaries) => {
      const isSearched = summaries.some(({ searched }) => searched[place] > 0)
      return isSearched ? undefined : `secrets: no ${place} was ever searched`
    })
  }
  for (const server of servers) {
    demands.push((summaries) => {
      const isWatched = summaries.some(({ script, tokens }) => script === server && tokens > 0)
      return isWatched ? undefined : `secrets: no token of ${server} was ever heard of`
    })
  }
}
