import { compareCodec } from './codec/compare-codec.ts'
import { compareCpu } from './cpu/compare-cpu.ts'
import { printSizes } from './sizes.ts'

const parts: Record<string, () => Promise<void>> = { sizes: printSizes, codec: compareCodec, cpu: compareCpu }

/** All parts, or those that are named: `node bench/bench.ts codec`. */
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
for (const name of wanted) {
  const run = parts[name]
  if (!run) throw new Error(`'${name}' is no part: ${Object.keys(parts).join(', ')}`)
  await run()
  console.log()
}
