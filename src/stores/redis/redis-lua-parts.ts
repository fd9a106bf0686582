// Functions that the scripts share. Numbers are doubles in Lua 5.1, exact for every instant that a date can
// have; they are printed with a format, because `tostring` and Redis's JSON round them to 14 digits.

import { skewMargin } from '../../contract/record.ts'
import { day } from '../../duration.ts'

/** `parse(text)`: the parts of a record, or nothing when the text is not one. See redis-record-text.ts. */
export const parseRecord = `
local function parse(text)
  local version, commitId, seen, idle, ends, owner, handle, rest = string.match(text, '^2 (%d+) (%S*) (%d+) (%d+) (%d+) (%S*)\\n'
    .. '{"handle":("[^\\n]*"),("format":%-?%d+,"createdAt":%d+})\\n{"verifierHash":"[^\\n]*}\\n')
  if not version then return nil end
  return { version = version, commitId = commitId, seen = tonumber(seen), idle = tonumber(idle),
    ends = tonumber(ends), endsText = ends, owner = owner, handle = handle,
    origin = '{"handle":' .. handle .. ',' .. rest }
end
`

/**
 * `glance(text)`: what scripts need to know that look at thousands of records: less than half the work of `parse`. The
 * owner is nothing when the text is not a record.
 */
export const glanceAtRecord = `
local function glance(text)
  local seen, idle, ends, owner = string.match(text, '^2 %d+ %S* (%d+) (%d+) (%d+) (%S*)\\n'
    .. '{"handle":"[^\\n]*","format":%-?%d+,"createdAt":%d+}\\n{"verifierHash":"[^\\n]*}\\n')
  if not owner then return nil end
  return owner, tonumber(seen), math.min(tonumber(idle), tonumber(ends))
end
`

/** `ownerOf(text)`: the owner in the first line of a text that is not a record, if it is there. */
export const readOwnerOfText = `
local function ownerOf(text)
  return string.match(text, '^2 %d+ %S* %d+ %d+ %d+ (%S+)\\n')
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
local function head(version, commitId, seen, idle, ends, owner)
  return string.format('2 %s %s %016.0f %016.0f %s %s\\n', version, commitId, seen, idle, ends, owner)
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
 * `tend(index, now)`: takes the sessions out of a user's set whose end has passed. The set outlives the last of its
 * members by as long as that has yet to live, or a month: the policy `volatile-ttl` evicts what expires first, and
 * must not evict the set of a session that it keeps.
 */
export const tendIndex: string = `
local function tend(index, now)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', now - ${skewMargin}))
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
  if not last[2] then return end
  local ends = tonumber(last[2])
  redis.call('PEXPIRE', index, timeToLive(ends + math.min(ends - now, ${30 * day}), now))
end
`

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * `memberOf(handle, keyPart)`: the member of a session, from its handle as it stands in the record, a JSON string.
 * Three hex digits are two characters of base64url.
 */
export const encodeMember: string = `
local alphabet = '${alphabet}'
local function memberOf(handle, keyPart)
  if #handle ~= 26 or not string.match(handle, '^"[0-9a-f]+"$') then return handle .. keyPart end
  return string.gsub(string.sub(handle, 2, -2), '...', function(digits)
    local value = tonumber(digits, 16)
    local one, two = math.floor(value / 64) + 1, value % 64 + 1
    return string.sub(alphabet, one, one) .. string.sub(alphabet, two, two)
  end) .. keyPart
end
`

/** `split(member)`: the two parts of a member. See redis-member.ts. */
export const splitMember = `
local function split(member)
  if string.sub(member, 1, 1) ~= '"' then return string.sub(member, 1, 16), string.sub(member, 17) end
  local place = 2
  while string.sub(member, place, place) ~= '"' do
    place = place + (string.sub(member, place, place) == '\\\\' and 2 or 1)
    if place > #member then return member, '' end
  end
  return string.sub(member, 1, place), string.sub(member, place + 1)
end
`

/** `keyOf(keyPart)`: the key of a session. Pairs of characters are remembered, because a script meets thousands. */
export const decodeKey: string = `
local values = {}
for value = 0, 63 do values[string.sub('${alphabet}', value + 1, value + 1)] = value end
local digits = setmetatable({}, { __index = function(known, pair)
  local one, two = values[string.sub(pair, 1, 1)], values[string.sub(pair, 2, 2)]
  known[pair] = two and string.format('%03x', one * 64 + two) or string.format('%x', one / 4)
  return known[pair]
end })
local function keyOf(keyPart)
  if string.sub(keyPart, 1, 1) == '"' then return cjson.decode('[' .. keyPart .. ']')[1] end
  return (string.gsub(keyPart, '..?', digits))
end
`

/**
 * `seek(index, score, text)`: the rank of the first member after a position. A binary search by rank, because a
 * hundred thousand members may share one score, and a range by score counts its way to the first of its members.
 * Compares bytes itself, as Redis does: in Lua `<` follows the locale of the server.
 */
export const seekMember = `
local function isAfter(member, text)
  for place = 1, math.min(#member, #text) do
    local one, other = string.byte(member, place), string.byte(text, place)
    if one ~= other then return one > other end
  end
  return #member > #text
end
local function seek(index, score, text)
  local function isBeyond(rank)
    local found = redis.call('ZRANGE', index, rank, rank, 'WITHSCORES')
    if not found[1] then return true end
    local own = tonumber(found[2])
    if own ~= score then return own > score end
    return isAfter(found[1], text)
  end
  local low, high = 0, 1
  while not isBeyond(high - 1) do low, high = high, high * 2 end
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isBeyond(middle) then high = middle else low = middle + 1 end
  end
  return low
end
`
