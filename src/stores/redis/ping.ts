// Whether a master would take the writes of the store: it does one of each kind under a name of its own, and removes it.

import { createScript } from './script.ts'
import type { RedisConnection, ScriptRunner } from './connection.ts'
import type { KeyNames } from './key-names.ts'

/**
 * Runs every command that the other scripts run, so that a missing right shows, and answers the first refusal. The first
 * write fails on a replica, without memory, without enough replicas and after a failed snapshot. ARGV[1] is the beginning
 * of the name.
 *
 * In a Cluster a master takes only keys of its slots, and the script has to find one. It declares none, which Redis
 * allows to a script that names keys of the master it runs on. A master without slots has nothing to take.
 *
 * DEL comes first: who may not delete must not write either, for nothing is to be left behind.
 */
export const pingScript = createScript(`
local name, refusal
local function try(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then refusal = refusal or reply.err end
  return refusal == nil
end
for number = 0, 5000 do
  name, refusal = ARGV[1] .. number, nil
  if try('DEL', name) or not string.find(refusal, 'non local key', 1, true) then break end
end
if refusal then
  if string.find(refusal, 'non local key', 1, true) then return 'without slots' end
  return redis.error_reply(refusal)
end
if try('SET', name, '1', 'PX', 60000) then
  try('GET', name)
  try('SETRANGE', name, 0, '2')
  try('PEXPIRE', name, 60000)
  redis.pcall('DEL', name)
  if try('ZADD', name, 1, 'x') then
    try('PEXPIRE', name, 60000)
    try('ZSCORE', name, 'x')
    try('ZRANGE', name, 0, -1)
    try('ZREMRANGEBYSCORE', name, '-inf', 0)
    try('ZREM', name, 'x')
  end
  try('SCAN', '0', 'MATCH', name, 'COUNT', '1')
  redis.pcall('DEL', name)
end
return refusal and redis.error_reply(refusal) or 'writes'
`)

/** Creates a ping of all masters. Calls under way together share one. */
export function createPing(
  names: KeyNames,
  findMasters: () => Promise<ReadonlyMap<string, ScriptRunner>>,
  connection: RedisConnection,
): () => Promise<void> {
  let running: Promise<void> | undefined
  const pingAll = async (): Promise<void> => {
    const masters = await findMasters()
    await Promise.all([
      // As reads are sent: a right or a replica may be missing for them alone.
      connection.get(`${names.pings}0`),
      ...[...masters.values()].map((master) => master.run(pingScript, [], [names.pings])),
    ])
  }
  return () => (running ??= pingAll().finally(() => (running = undefined)))
}
