import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { before } from './before.ts'
import { search } from './search.ts'

/** What is printed, and what is written to files: a log is one or the other. */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    before(stream, 'write', ([chunk]) => search('log', chunk))
  }
  for (const name of ['write', 'writeSync', 'writeFile', 'writeFileSync', 'appendFile', 'appendFileSync']) {
    before(fs, name, ([, data]) => search('log', data))
  }
  for (const name of ['writeFile', 'appendFile']) before(fs.promises, name, ([, data]) => search('log', data))
  syncBuiltinESMExports()
  // Node prints no more of a warning, such as the response that has too many listeners.
  process.on('warning', ({ name, message, stack = '' }) => search('log', [name, message, stack]))
}
