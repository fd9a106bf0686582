import { replaceSource } from '../../support/replace-source.ts'
import { plantedBugs } from './planted-bugs.ts'

/** Plants a bug before the library is loaded. Throws if the text to replace no longer exists. */
export function plant(name: string): void {
  const bug = plantedBugs.find((each) => each.name === name)
  if (!bug) throw new Error(`there is no planted bug '${name}'`)
  replaceSource(bug.replacements)
}
