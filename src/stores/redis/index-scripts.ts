// Scripts on what is kept for one user: KEYS[1] is the sorted set of session keys, KEYS[2] the epoch. Both are
// in one slot. The score of a member is the absolute end of its session; that of a reservation has half a
// millisecond more. A second member instead, or a longer one, would cost the set its compact encoding.

import { day } from '../../duration.ts'
import { listSession, timeToLive } from './lua-parts.ts'
import { createScript } from './script.ts'
import type { Script } from './script.ts'

/** All members: those that are listed, and those that are reserved. */
export const membersScript: Script = createScript(`
local found = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
local listed, reserved = {}, {}
for index = 1, #found, 2 do
  local places = tonumber(found[index + 1]) % 1 == 0 and listed or reserved
  places[#places + 1] = found[index]
end
return { listed, reserved }
`)

/** Adds a member. ARGV: key, endsAt, now. */
export const listScript: Script = createScript(
  timeToLive,
  listSession,
  `
list(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
return 1
`,
)

/** Removes the members in ARGV. */
export const unlistScript: Script = createScript(`return redis.call('ZREM', KEYS[1], unpack(ARGV))`)

/** Reserves a place before its session is written, and answers the epoch. ARGV: key, endsAt, now. */
export const reserveScript: Script = createScript(
  timeToLive,
  listSession,
  `
list(KEYS[1], ARGV[1], ARGV[2] .. '.5', tonumber(ARGV[3]))
return redis.call('GET', KEYS[2]) or '0'
`,
)

/**
 * Answers whether the epoch is still the one of the reservation, and turns that into an entry if it is.
 * ARGV: key, endsAt, now, epoch.
 */
export const confirmScript: Script = createScript(
  timeToLive,
  listSession,
  `
if (redis.call('GET', KEYS[2]) or '0') ~= ARGV[4] then return 0 end
local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
if score % 1 ~= 0 then redis.call('ZADD', KEYS[1], string.format('%.0f', math.floor(score)), ARGV[1]) end
list(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
return 1
`,
)

/**
 * Raises the epoch and answers all members: what is reserved later has a new epoch, and what was reserved
 * before is among them or fails its confirmation. No login takes as long as the epoch is kept.
 *
 * A Redis whose memory is full refuses INCR, unless the script has written before. PEXPIRE counts as that,
 * with or without an epoch to extend.
 */
export const revokeScript: Script = createScript(`
redis.call('PEXPIRE', KEYS[2], ${day})
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ${day})
return redis.call('ZRANGE', KEYS[1], 0, -1)
`)
