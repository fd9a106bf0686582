// Scripts on what is kept for one user: KEYS[1] is the sorted set of the sessions, with their absolute ends as
// scores; KEYS[2] the epoch. In a Cluster there are two more. KEYS[3] has the logins of the last minute with their
// instants; those under way are negative, and have half a millisecond more if the session was in the set before.
// KEYS[4] has the sessions that a login has decided to end and may not have deleted yet. All are in one slot.

import { mostEvictions, skewMargin } from '../../contract/record.ts'
import { day } from '../../duration.ts'
import { seekMember, splitMember, tendIndex, timeToLive } from './redis-lua-parts.ts'
import { createScript } from './redis-script.ts'
import type { Script } from './redis-script.ts'

/**
 * A page of the members with their scores, and those with a login under way. KEYS: set, recent. ARGV: score and text of
 * the position, how many.
 */
export const pageScript: Script = createScript(
  seekMember,
  `
local start = seek(KEYS[1], tonumber(ARGV[1]), ARGV[2])
return { redis.call('ZRANGE', KEYS[1], start, start + tonumber(ARGV[3]) - 1, 'WITHSCORES'),
  redis.call('ZRANGE', KEYS[2], '-inf', '(0', 'BYSCORE', 'LIMIT', 0, 1000) }
`,
)

/** The members of the latest logins in KEYS[1]. */
export const recentScript: Script = createScript(
  `return redis.call('ZRANGE', KEYS[1], '+inf', '(0', 'BYSCORE', 'REV', 'LIMIT', 0, 1000)`,
)

/**
 * Finds members by one part among the next ones. ARGV: score and text of the position, how many to look at, which
 * part (1 is the handle, 2 the key), what it is. Answers them, and the position to go on with, if there is more.
 */
export const findScript: Script = createScript(
  seekMember,
  splitMember,
  `
local start = seek(KEYS[1], tonumber(ARGV[1]), ARGV[2])
local count = tonumber(ARGV[3])
local found = redis.call('ZRANGE', KEYS[1], start, start + count - 1)
local matches = {}
for _, member in ipairs(found) do
  if select(tonumber(ARGV[4]), split(member)) == ARGV[5] then matches[#matches + 1] = member end
end
if #found < count then return { matches } end
return { matches, redis.call('ZSCORE', KEYS[1], found[count]), found[count] }
`,
)

/** Adds a member that is missing. ARGV: member, endsAt, now. */
export const repairScript: Script = createScript(
  timeToLive,
  tendIndex,
  `
redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
tend(KEYS[1], tonumber(ARGV[3]))
return 1
`,
)

/** Moves a member from one score to another, unless a login is about to. KEYS: set, recent. ARGV: member, from, to. */
export const correctScript: Script = createScript(`
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) == tonumber(ARGV[2]) and not redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end
return 1
`)

/** Removes the members in ARGV, whose sessions were deleted. KEYS: set, recent, ending. */
export const unlistScript: Script = createScript(`
for _, key in ipairs(KEYS) do redis.call('ZREM', key, unpack(ARGV)) end
return 1
`)

/**
 * Removes the members in ARGV whose sessions are gone, unless a login may be about to write them. KEYS: set,
 * recent, ending.
 */
export const unlistGoneScript: Script = createScript(`
for _, member in ipairs(ARGV) do
  if tonumber(redis.call('ZSCORE', KEYS[2], member) or '0') >= 0 then
    for _, key in ipairs(KEYS) do redis.call('ZREM', key, member) end
  end
end
return 1
`)

/**
 * Removes the members in ARGV whose sessions are another user's, unless a login may have brought them back since
 * that was seen. KEYS: set, recent, ending.
 */
export const unlistOthersScript: Script = createScript(`
for _, member in ipairs(ARGV) do
  if not redis.call('ZSCORE', KEYS[2], member) then
    redis.call('ZREM', KEYS[1], member)
    redis.call('ZREM', KEYS[3], member)
  end
end
return 1
`)

/** `remember(recent, member, instant, now)`: notes a login. Those of more than a minute ago are no longer recent. */
const rememberLogin: string = `
local function remember(recent, member, instant, now)
  redis.call('ZADD', recent, instant, member)
  local before = string.format('%.0f', now - ${skewMargin})
  redis.call('ZREMRANGEBYSCORE', recent, '(-' .. before, '(' .. before)
  redis.call('PEXPIRE', recent, ${2 * skewMargin})
end
`

/**
 * Reserves a place before its session is written, and answers the epoch. ARGV: member, endsAt, now. A session that
 * has its place counts as written; it keeps the later end until the new one is settled.
 */
export const reserveScript: Script = createScript(
  timeToLive,
  tendIndex,
  rememberLogin,
  `
local now = tonumber(ARGV[3])
local noted = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[1]) or '0')
local isOpen = not redis.call('ZSCORE', KEYS[1], ARGV[1]) or noted < 0 and noted % 1 == 0
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
tend(KEYS[1], now)
remember(KEYS[3], ARGV[1], '-' .. string.format('%.0f', now) .. (isOpen and '' or '.5'), now)
return redis.call('GET', KEYS[2]) or '0'
`,
)

/**
 * `isSame(epoch, before, word)`: whether the user's sessions, but for the one with this key, were not revoked in
 * between.
 */
const compareEpochs = `
local function isSame(epoch, before, word)
  local number, spared, since = string.match(epoch or '0', '^(%d+) ?(%S*) ?(%d*)$')
  local own = string.match(before, '^%d+')
  return number == own or spared == word and tonumber(since) <= tonumber(own)
end
`

/**
 * Confirms a login after its session was written. ARGV: member, endsAt, now, epoch of the reservation, the word for
 * the key, limit or nothing, and, if the user's other sessions were looked at, `1` and what they are: member and
 * lastSeenAt, or `gone`, `ended`, or `other` for one that is another user's or not written yet, unless it was
 * confirmed since. Answers 0 when the sessions were revoked meanwhile or a later login has ended this one; 2 when
 * it has to know the others; else 1, the members that are to be ended for it, and those that an earlier login left
 * behind.
 *
 * Here, in one step, logins get their order: only what is confirmed counts, and what is to be ended no longer does,
 * so that each confirmation leaves `limit` sessions, whatever order their records are written and deleted in.
 */
export const settleScript: Script = createScript(
  timeToLive,
  tendIndex,
  rememberLogin,
  compareEpochs,
  `
local now, own = tonumber(ARGV[3]), ARGV[1]
if not isSame(redis.call('GET', KEYS[2]), ARGV[4], ARGV[5]) or redis.call('ZSCORE', KEYS[4], own) then return { 0 } end
local limit = tonumber(ARGV[6])
if limit and not ARGV[7] and redis.call('ZRANGE', KEYS[1], limit, limit)[1] then return { 2 } end
local known, living = {}, {}
local function count(member, seen)
  if not redis.call('ZSCORE', KEYS[4], member) then living[#living + 1] = { member = member, seen = seen } end
end
local function instantOf(member)
  local instant = tonumber(redis.call('ZSCORE', KEYS[3], member) or '-1')
  return (instant > 0 or instant % 1 ~= 0) and math.floor(math.abs(instant)) or nil
end
for place = 8, #ARGV, 2 do
  local member, seen = ARGV[place], ARGV[place + 1]
  known[member] = true
  local instant = instantOf(member)
  if tonumber(seen) then
    if instant or not redis.call('ZSCORE', KEYS[3], member) then count(member, tonumber(seen)) end
  elseif seen == 'other' and instant then
    count(member, instant)
  elseif seen == 'gone' and not redis.call('ZSCORE', KEYS[3], member) then
    redis.call('ZREM', KEYS[1], member)
  end
end
if ARGV[7] then
  for _, member in ipairs(redis.call('ZRANGE', KEYS[3], '+inf', '(0', 'BYSCORE', 'REV', 'LIMIT', 0, 1000)) do
    local instant = not known[member] and member ~= own and instantOf(member)
    if instant and redis.call('ZSCORE', KEYS[1], member) then count(member, instant) end
  end
end
redis.call('ZADD', KEYS[1], ARGV[2], own)
tend(KEYS[1], now)
remember(KEYS[3], own, string.format('%.0f', now), now)
local left = redis.call('ZRANGE', KEYS[4], '-inf', string.format('%.0f', now - ${skewMargin}), 'BYSCORE')
table.sort(living, function(one, other)
  if one.seen ~= other.seen then return one.seen < other.seen end
  return one.member < other.member
end)
local ended = {}
for place = 1, math.min(#living + 1 - (limit or #living + 1), ${mostEvictions}) do
  ended[place] = living[place].member
  redis.call('ZADD', KEYS[4], ARGV[3], ended[place])
  redis.call('PEXPIRE', KEYS[4], ${day})
end
return { 1, ended, left }
`,
)

/**
 * Raises the epoch: what is reserved later has a new one, and what was reserved before is in the set or fails its
 * confirmation. Only the session whose key has the word ARGV[1] may go on, if there is one: the epoch names it, and
 * since which number it has been spared. No login takes as long as the epoch is kept.
 *
 * A Redis whose memory is full refuses SET, unless the script has written before. PEXPIRE counts as that,
 * with or without an epoch to extend.
 */
export const revokeScript: Script = createScript(`
redis.call('PEXPIRE', KEYS[2], ${day})
local number, spared, since = string.match(redis.call('GET', KEYS[2]) or '0', '^(%d+) ?(%S*) ?(%d*)$')
local epoch = string.format('%.0f', tonumber(number) + 1)
if ARGV[1] then epoch = epoch .. ' ' .. ARGV[1] .. ' ' .. (spared == ARGV[1] and since or number) end
redis.call('SET', KEYS[2], epoch, 'PX', ${day})
return 1
`)
