import * as indexScripts from '../../../src/stores/redis/redis-index-scripts.ts'
import * as recordScripts from '../../../src/stores/redis/redis-record-scripts.ts'
import type { Script } from '../../../src/stores/redis/redis-script.ts'
import type { RunningEngine } from '../engine.ts'
import { askAll } from './ask-master.ts'

/** Loads every script on every master, so that each verb takes the same commands in every run. */
export async function loadScripts(running: RunningEngine): Promise<void> {
  for (const { text } of [...Object.values(indexScripts), ...Object.values(recordScripts)].filter(isScript))
    await askAll(running, ['SCRIPT', 'LOAD', text])
}

function isScript(value: object): value is Script {
  return 'sha1' in value
}
