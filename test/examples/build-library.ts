import { execFile } from 'node:child_process'
import { glob, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const root = join(import.meta.dirname, '..', '..')

/** Examples import the built package: builds it when a source is newer than it. */
export async function buildLibrary(): Promise<void> {
  const builtAt = await readChangeTime('dist/index.js')
  let changedAt = 0
  for await (const path of glob('src/**/*.ts', { cwd: root })) {
    changedAt = Math.max(changedAt, await readChangeTime(path))
  }
  if (changedAt <= builtAt) return
  await promisify(execFile)('npm', ['run', 'build'], { cwd: root }).catch(forgetBuild)
}

/** The compiler writes files even where it finds errors: they must not pass for a build the next time. */
async function forgetBuild(error: Error): Promise<never> {
  await rm(join(root, 'dist'), { recursive: true, force: true })
  throw error
}

async function readChangeTime(path: string): Promise<number> {
  const file = await stat(join(root, path)).catch(() => undefined)
  return file?.mtimeMs ?? 0
}
