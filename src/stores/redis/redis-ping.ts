// Whether a master would take the writes of the store: it does one of each kind under a name of its own, and
// removes it.

import type { RedisConnection, ScriptRunner } from './redis-connection.ts'
import type { KeyNames } from './redis-options.ts'
import { createScript } from './redis-script.ts'
import type { Script } from './redis-script.ts'

/**
 * Runs every command that the other scripts run, so that a missing right shows, and answers the first refusal. The
 * first write fails on a replica, without memory, without enough replicas and after a failed snapshot. It is SET,
 * because a full Redis lets a script go on that has written before. ARGV[1] is the beginning of the name.
 *
 * In a Cluster a master takes only keys of its slots, and the script has to find one. It declares none, which Redis
 * allows to a script that names keys of the master it runs on. A master without slots has nothing to take.
 *
 * What it writes lives for a millisecond, in case that it may not delete it.
 */
const pingScript: Script = createScript(`
local name, refusal
local function try(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then refusal = refusal or reply.err end
  return refusal == nil
end
for number = 0, 5000 do
  name, refusal = ARGV[1] .. number, nil
  if try('GET', name) or not string.find(refusal, 'non local key', 1, true) then break end
end
if refusal and string.find(refusal, 'non local key', 1, true) then return 'without slots' end
local isRemoved = not refusal and try('SET', name, '1', 'PX', 1) and try('SETRANGE', name, 0, '2')
  and try('PEXPIRE', name, 1) and try('DEL', name)
if isRemoved and try('ZADD', name, 1, 'x') then
  redis.call('PEXPIRE', name, 1)
  try('ZSCORE', name, 'x')
  try('ZRANGE', name, 0, -1)
  try('ZREMRANGEBYSCORE', name, '-inf', 0)
  try('ZREM', name, 'x')
  redis.call('DEL', name)
  try('SCAN', '0', 'MATCH', name, 'COUNT', '1')
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
