import { registerHooks } from 'node:module'

/** A piece of a source file, and what is to stand there instead. */
export interface Replacement {
  /** From the root of the repository. */
  readonly file: string
  readonly text: string
  readonly by: string
}

const root = new URL('../../', import.meta.url)

/**
 * From now on loads modules with these pieces replaced. A piece that is not there exactly once fails
 * the loading: the source has moved on.
 */
export function replaceSource(replacements: readonly Replacement[]): void {
  const places = replacements.map((each) => ({ ...each, url: new URL(each.file, root).href }))
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const own = places.filter((place) => place.url === url)
      if (own.length === 0) return loaded
      let source = decode(loaded.source)
      for (const { file, text, by } of own) {
        if (source.split(text).length !== 2) throw new Error(`${file} does not hold once: ${text}`)
        source = source.replace(text, () => by)
      }
      return { ...loaded, source }
    },
  })
}

function decode(source: unknown): string {
  return source instanceof Uint8Array ? new TextDecoder().decode(source) : String(source)
}
