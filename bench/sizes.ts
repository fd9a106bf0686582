import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { formatTable } from './table.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What is installed, and what a bundle of the core weighs with its dependencies. */
export async function printSizes(): Promise<void> {
  const packed = await measurePackage()
  const bundle = await bundleCore()
  console.log('Sizes (bytes):\n')
  const rows = [
    [`package, packed, ${packed.entryCount} files`, packed.size],
    ['package, unpacked', packed.unpackedSize],
    ['core with its dependencies, minified', bundle.length],
    ['core, gzip -9', gzipSync(bundle, { level: 9 }).length],
    ['core, brotli', brotliCompressSync(bundle).length],
  ] as const
  console.log(
    formatTable(
      ['what', 'bytes'],
      rows.map(([what, bytes]) => [what, bytes.toLocaleString('en')]),
    ),
  )
}

interface PackedPackage {
  readonly size: number
  readonly unpackedSize: number
  readonly entryCount: number
}

async function measurePackage(): Promise<PackedPackage> {
  const run = promisify(execFile)
  // Scripts would build again, under the feet of whoever runs from `dist`.
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, PackedPackage> | PackedPackage[])
  if (!packed) throw new Error(`npm pack said nothing of a package: ${stdout}`)
  return packed
}

async function bundleCore(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [`${root}dist/index.js`],
    bundle: true,
    minify: true,
    write: false,
    logLevel: 'error',
    format: 'esm',
    platform: 'node',
    target: 'node22',
    legalComments: 'none',
  })
  const [bundle] = outputFiles
  if (!bundle) throw new Error('esbuild made no bundle')
  return bundle.contents
}
