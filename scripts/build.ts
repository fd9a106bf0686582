// Builds `dist` from `src`: one script for each entry of the package, with what several of them use in chunks, and
// declarations. docs/decisions/0046 says why the scripts are bundled. Declarations go on in finish-declarations.ts.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { entries } from './entries.ts'
import { finishDeclarations } from './finish-declarations.ts'

const root = join(import.meta.dirname, '..')

// A file that was renamed or deleted in src must not stay in the package.
rmSync(join(root, 'dist'), { recursive: true, force: true })
const [, isTyped] = await Promise.all([bundleScripts(), writeDeclarations()])
if (isTyped) finishDeclarations()
else process.exitCode = 1
removeMapsOfKit()

/** Readable, with the names and line breaks of the source: users step through it, and read it in stack traces. */
async function bundleScripts(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: entries.map(({ source }) => source),
    outbase: 'src',
    outdir: 'dist',
    chunkNames: 'chunks/[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node22.13',
    legalComments: 'none',
    sourcemap: true,
    // The sources are in the package, where the maps point.
    sourcesContent: false,
  })
}

/** Returns whether the types are right. The compiler has printed what is wrong with them. */
async function writeDeclarations(): Promise<boolean> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const compile = spawn(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  })
  const [code] = (await once(compile, 'close')) as [number | null]
  return code === 0
}

/** Only tests load the kit: its sources, and maps that would lead to them, would be a fifth of the package. */
function removeMapsOfKit(): void {
  for (const map of globSync('dist/{testing.*,testing/**/*}.map', { cwd: root })) {
    rmSync(join(root, map))
    const mapped = join(root, map.replace(/\.map$/, ''))
    writeFileSync(mapped, readFileSync(mapped, 'utf8').replace(/\n*^\/\/# sourceMappingURL=.*\s*$/m, '\n'))
  }
}
