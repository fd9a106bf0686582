import { replaceSource } from '../../support/replace-source.ts'
import { plantedBugs } from './planted-bugs.ts'

/** Loads the library with a bug in it. Throws when the text to be replaced is no longer there. */
export function plant(name: string): void {
  const bug = plantedBugs.find((each) => each.name === name)
  if (!bug) throw new Error(`there is no planted bug '${name}'`)
  replaceSource(bug.replacements)
}
