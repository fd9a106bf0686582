import { registerHooks } from 'node:module'
import { plantedBugs } from './planted-bugs.ts'

/** Loads the library with a bug in it. Throws when the text to be replaced is no longer there. */
export function plant(name: string): void {
  const bug = plantedBugs.find((each) => each.name === name)
  if (!bug) throw new Error(`there is no planted bug '${name}'`)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const replacements = bug.replacements.filter(({ file }) => url.endsWith(`/src/${file}`))
      if (replacements.length === 0) return loaded
      let source = String(loaded.source)
      if (loaded.source instanceof Uint8Array) source = new TextDecoder().decode(loaded.source)
      for (const { file, text, by } of replacements) {
        if (source.split(text).length !== 2) throw new Error(`src/${file} does not hold once: ${text}`)
        source = source.replace(text, () => by)
      }
      return { ...loaded, source }
    },
  })
}
