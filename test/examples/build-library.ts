import { execFile } from 'node:child_process'
import { glob, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const root = join(import.meta.dirname, '..', '..')

/** Builds the package, which the examples import, if a source file is newer than the build. */
export async function buildLibrary(): Promise<void> {
  const builtAt = await readChangeTime('dist/index.js')
  let changedAt = 0
  for await (const path of glob('src/**/*.ts', { cwd: root })) {
    changedAt = Math.max(changedAt, await readChangeTime(path))
  }
  if (changedAt <= builtAt) return
  await promisify(execFile)('npm', ['run', 'build'], { cwd: root }).catch(forgetBuild)
}

/** Removes what the compiler wrote despite errors, so that the next run does not take it for a build. */
async function forgetBuild(error: Error): Promise<never> {
  await rm(join(root, 'dist'), { recursive: true, force: true })
  throw error
}

async function readChangeTime(path: string): Promise<number> {
  const file = await stat(join(root, path)).catch(() => undefined)
  return file?.mtimeMs ?? 0
}
