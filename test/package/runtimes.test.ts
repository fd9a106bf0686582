import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter } from 'node:path'
import { test } from 'node:test'

const smoke = new URL('../runtimes/smoke.mjs', import.meta.url).pathname

/** Every node on the path but the one that npm scripts bring: on a machine with node 20, that one. */
const others = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => `${folder}/node`)
  .filter((path) => existsSync(path))

for (const node of [process.execPath, ...others]) {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  test(`the built library serves under node ${version}`, () => {
    const run = spawnSync(node, [smoke], { encoding: 'utf8', timeout: 30_000 })
    assert.match(run.stdout, /memory store: passed/, run.stderr)
    assert.equal(run.status, 0, run.stderr)
  })
}
