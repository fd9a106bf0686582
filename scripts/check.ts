// Every check that needs no server: first the build and the package, then all others side by side. Prints one line for
// each, with its time.

import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = await mkdtemp(join(tmpdir(), 'coatcheck-check-'))

let hasFailed = false
try {
  await run('build', 'npm run --silent build')
  await run('pack', `npm pack --silent --ignore-scripts --pack-destination ${folder}`)
  const [tarball = ''] = await readdir(folder)
  const packed = join(folder, tarball)
  const checks: Readonly<Record<string, string>> = {
    types: 'tsc -p tsconfig.json',
    'published declarations': 'tsc -p tsconfig.declarations.json',
    lint: 'oxlint --deny-warnings',
    format: 'oxfmt --check',
    'dead code': 'knip --no-progress',
    publint: `publint --strict ${packed}`,
    'types of the package': `attw ${packed} --profile esm-only --format ascii`,
    'package and documents': 'node --test --test-reporter=spec "test/package/*.test.ts"',
  }
  await Promise.all(Object.entries(checks).map(([name, command]) => run(name, command)))
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.exitCode = hasFailed ? 1 : 0

/** Runs a command and prints one line about it, followed by its output if it failed. */
async function run(name: string, command: string): Promise<void> {
  const start = performance.now()
  const child = spawn(command, { cwd: root, shell: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  }
  const code = await new Promise<number | null>((resolve) => void child.on('close', resolve))
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${code === 0 ? '✔' : '✖'} ${name} (${seconds} s)`)
  if (code === 0) return
  hasFailed = true
  console.log(output)
}
