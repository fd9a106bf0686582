import { registerHooks } from 'node:module'
import { breaks } from './breaks.ts'

/** Preloaded into a run of tests: one line of the source is another than in the file. */
const index = Number(process.env['COATCHECK_BREAK'])
const planned = breaks[index]
if (!planned) throw new Error(`there is no break ${index}`)
const place = new URL(`../../${planned.file}`, import.meta.url).href

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (url !== place) return loaded
    const source = String(loaded.source)
    if (source.split(planned.line).length !== 2)
      throw new Error(`not exactly once in ${planned.file}: ${planned.line}`)
    return { ...loaded, source: source.replace(planned.line, () => planned.broken) }
  },
})
