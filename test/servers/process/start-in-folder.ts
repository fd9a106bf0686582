import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerProcess } from './server-process.ts'

/**
 * Starts servers in a folder of their own. When that fails half-way, those that `start` has noted in `started`
 * are ended, and the folder is removed.
 */
export async function startInFolder<Result>(
  prefix: string,
  start: (folder: string, started: ServerProcess[]) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), prefix))
  const started: ServerProcess[] = []
  try {
    return await start(folder, started)
  } catch (error) {
    await Promise.all(started.map((server) => server.stop('SIGKILL')))
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}
