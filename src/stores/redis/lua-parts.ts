// Functions that the scripts share. Numbers are doubles in Lua 5.1, exact for every instant that a date can
// have; they are printed with a format, because `tostring` and Redis's JSON round them to 14 digits.

import { day } from '../../duration.ts'
import { skewMargin } from '../../record.ts'

/** `parse(text)`: the parts of a record, or nothing when the text is not one. See record-text.ts. */
export const parseRecord = `
local function parse(text)
  local version, commitId, seen, idle, ends, origin, state, data =
    string.match(text, '^1 (%d+) (%S*) (%d+) (%d+) (%d+)\\n([^\\n]*)\\n([^\\n]*)\\n()')
  if not version then return nil end
  local isJson, decoded = pcall(cjson.decode, state)
  if not isJson or type(decoded) ~= 'table' or not decoded.verifierHash then return nil end
  local userId = decoded.userId
  if userId ~= nil and type(userId) ~= 'string' then return nil end
  return { version = version, commitId = commitId, seen = tonumber(seen), idle = tonumber(idle),
    ends = tonumber(ends), endsText = ends, origin = origin, userId = userId, data = data }
end
`

/** `isLive(record, now)`: whether its session has not ended. */
export const isLive = `
local function isLive(record, now)
  return now < math.min(record.idle, record.ends)
end
`

/** `head(…)`: the first line with its end. */
export const formatHead = `
local function head(version, commitId, seen, idle, ends)
  return string.format('1 %s %s %016.0f %016.0f %s\\n', version, commitId, seen, idle, ends)
end
`

/**
 * `timeToLive(end, now)`: how long Redis keeps a value whose session ends then, in milliseconds. Relative, so
 * that only the manager's clock matters and not the server's.
 */
export const timeToLive: string = `
local function timeToLive(instant, now)
  return string.format('%.0f', math.max(instant - now, 0) + ${skewMargin})
end
`

/**
 * `list(index, key, endsAt, now)`: adds a session to a user's set, until its absolute end, and takes out those
 * whose end has passed. The set outlives the last of its members by as long as that has yet to live, or a
 * month: the policy `volatile-ttl` evicts what expires first, and must not evict the set of a session that it
 * keeps.
 */
export const listSession: string = `
local function list(index, key, endsAt, now)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', now - ${skewMargin}))
  redis.call('ZADD', index, 'GT', endsAt, key)
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
  local ends = tonumber(last[2])
  redis.call('PEXPIRE', index, timeToLive(ends + math.min(ends - now, ${30 * day}), now))
end
`
