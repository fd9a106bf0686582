import { replaceSource } from '../support/replace-source.ts'
import { breaks } from './breaks.ts'

/** Preloaded into a run of tests: one line of the source is another than in the file. */
const index = Number(process.env['COATCHECK_BREAK'])
const planned = breaks[index]
if (!planned) throw new Error(`there is no break ${index}`)
const { file, line, broken } = planned
replaceSource([{ file, text: line, by: broken }])
