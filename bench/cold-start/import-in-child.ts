import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'

const root = fileURLToPath(new URL('../..', import.meta.url))

// Plain JavaScript on the command line: the compiler that strips types would be at work beside the import.
const timing = `
const [, specifier, first] = process.argv
if (first !== undefined) await import(first)
const start = process.hrtime.bigint()
await import(specifier)
const end = process.hrtime.bigint()
process.stdout.write(String(end - start))
`

const listing = `
import { registerHooks } from 'node:module'
const urls = new Set()
registerHooks({
  load(url, context, nextLoad) {
    urls.add(url)
    return nextLoad(url, context)
  },
})
await import(process.argv[1])
process.stdout.write(JSON.stringify([...urls]))
`

/** Milliseconds that an import takes in a process that has imported nothing yet, or only `first`. */
export function timeImport(specifier: string, first: readonly string[] = []): number {
  return Number(runInChild(timing, [specifier, ...first])) / 1_000_000
}

/** What an import loads from files. */
export interface Loaded {
  readonly modules: number
  /** Bytes of all modules in one stream, as published. */
  readonly brotli: number
}

export function listLoaded(specifier: string): Loaded {
  const urls = (JSON.parse(runInChild(listing, [specifier])) as string[]).filter((url) =>
    url.startsWith('file:'),
  )
  const contents = Buffer.concat(urls.map((url) => readFileSync(new URL(url))))
  return { modules: urls.length, brotli: urls.length === 0 ? 0 : brotliCompressSync(contents).length }
}

/** In the root, where the package's own name can be imported; without the environment, which may name a cache. */
function runInChild(script: string, specifiers: readonly string[]): string {
  const parameters = ['--input-type=module', '--eval', script, ...specifiers]
  return execFileSync(process.execPath, parameters, { cwd: root, env: {}, encoding: 'utf8' })
}
