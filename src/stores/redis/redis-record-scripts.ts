// The verbs as scripts on the record of one session. Redis runs a script as one step, so conditions and
// writes are one. Each answers 1 when it wrote and 0 when not; -1 stands for a text that is not a record.

import { mostEvictions } from '../../contract/record.ts'
import {
  decodeKey,
  encodeMember,
  formatHead,
  glanceAtRecord,
  isLive,
  parseRecord,
  readOwnerOfText,
  splitMember,
  tendIndex,
  timeToLive,
} from './redis-lua-parts.ts'
import { createScript } from './redis-script.ts'
import type { Script } from './redis-script.ts'

/** What a script about a record can answer. */
export const outcome = { refused: 0, written: 1, needsReservation: 2, malformed: -1 } as const

/** The value of KEYS[1]. As a script it reaches a master, past every cache. */
export const readScript: Script = createScript(`return redis.call('GET', KEYS[1])`)

/** The three lines before the data of KEYS[1]; an empty text when it has no three lines. */
export const readLinesScript: Script = createScript(`
local text = redis.call('GET', KEYS[1])
if not text then return false end
return string.match(text, '^[^\\n]*\\n[^\\n]*\\n[^\\n]*\\n') or ''
`)

/** Writes KEYS[1] unless it is there. ARGV: text, time to live. */
export const createRecordScript: Script = createScript(`
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
`)

/**
 * `evict(index, owner, own, limit, now, sessions)`: ends the sessions of a user that were unused for longest, so that
 * `limit` are left with the one whose member is `own`, and answers their members. It reads and deletes sessions whose
 * names it makes of the prefix and their members. Where all keys are in one place that is safe: no key is on another
 * server, and what a script names itself it may use like any other. In a Cluster no such script is sent, and
 * `redisStore` takes the option `cluster` for a proxy in front of one.
 *
 * Of very many sessions it reads only as many as it needs to end as many as it may, beginning with those that end
 * first. What it finds gone leaves the set.
 */
const endOldest = `
local function evict(index, owner, own, limit, now, sessions)
  if not redis.call('ZRANGE', index, limit, limit)[1] then return {} end
  local others, start, found = {}, 0, nil
  repeat
    found = redis.call('ZRANGE', index, start, start + 999)
    local gone = {}
    for _, member in ipairs(found) do
      local name = sessions .. keyOf(select(2, split(member)))
      local text = member ~= own and redis.call('GET', name)
      local whose, seen, ends
      if text then whose, seen, ends = glance(text) end
      if member ~= own and (not text or whose and whose ~= owner) then gone[#gone + 1] = member end
      if whose == owner and now < ends then others[#others + 1] = { member = member, name = name, seen = seen } end
    end
    if #gone > 0 then redis.call('ZREM', index, unpack(gone)) end
    start = start + #found - #gone
  until #found < 1000 or #others >= limit + ${mostEvictions - 1}
  table.sort(others, function(one, other)
    if one.seen ~= other.seen then return one.seen < other.seen end
    return one.member < other.member
  end)
  local ended = {}
  for place = 1, math.min(#others + 1 - limit, ${mostEvictions}) do
    redis.call('DEL', others[place].name)
    redis.call('ZREM', index, others[place].member)
    ended[place] = others[place].member
  end
  return ended
end
`

const listParts = [glanceAtRecord, timeToLive, tendIndex, splitMember, decodeKey, endOldest] as const

/**
 * The same, and lists it in KEYS[2]. ARGV: text, time to live, member, endsAt, now, owner, prefix of sessions, and the
 * limit if there is one. Answers the outcome and the members that it ended.
 */
export const createListedScript: Script = createScript(
  ...listParts,
  `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return { 0, {} } end
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
tend(KEYS[2], tonumber(ARGV[5]))
if not ARGV[8] then return { 1, {} } end
return { 1, evict(KEYS[2], ARGV[6], ARGV[3], tonumber(ARGV[8]), tonumber(ARGV[5]), ARGV[7]) }
`,
)

/**
 * The conditions of a commit on KEYS[1]. ARGV: now, expected version and commit id, then version, commit id,
 * lastSeenAt, idleTimeout, endsAt, owner, state, data. `refuse` is what the script answers then.
 */
const checkCommit = `
local text = redis.call('GET', KEYS[1])
if not text then return refuse(0) end
local record = parse(text)
if not record then return refuse(-1) end
local now = tonumber(ARGV[1])
if not isLive(record, now) or record.version ~= ARGV[2] or record.commitId ~= ARGV[3] then return refuse(0) end
`

const writeCommit = `
local seen = math.max(record.seen, tonumber(ARGV[6]))
local idle = math.min(seen + tonumber(ARGV[7]), tonumber(ARGV[8]))
redis.call('SET', KEYS[1],
  head(ARGV[4], ARGV[5], seen, idle, ARGV[8], ARGV[9]) .. record.origin .. '\\n' .. ARGV[10] .. '\\n' .. ARGV[11],
  'PX', timeToLive(idle, now))
`

/**
 * Commits, and lists the session in KEYS[2] if that is given. ARGV[12] is the second part of its member, ARGV[13] the
 * prefix of sessions, ARGV[14] the limit if there is one. Answers the outcome and the members that it ended.
 */
export const commitListedScript: Script = createScript(
  ...listParts,
  parseRecord,
  isLive,
  formatHead,
  encodeMember,
  `local function refuse(answer) return { answer, {} } end`,
  checkCommit,
  writeCommit,
  `
if not KEYS[2] then return { 1, {} } end
local own = memberOf(record.handle, ARGV[12])
redis.call('ZADD', KEYS[2], ARGV[8], own)
tend(KEYS[2], now)
if not ARGV[14] then return { 1, {} } end
return { 1, evict(KEYS[2], ARGV[9], own, tonumber(ARGV[14]), now, ARGV[13]) }
`,
)

/**
 * Commits unless the session would have to be listed first: ARGV[12] is the owner for whom it has no place yet, or
 * nothing when it has, and ARGV[13] is there when a limit is to be kept. Who already had the session has its place,
 * with its former end. But a set can be lost, by eviction or in a failover, and a session that is saved often needs
 * no touch. So the first commit in each tenth of the idle timeout takes the place anew. Answers the outcome and,
 * when it needs a reservation, the handle as a JSON string and whether the owner had the session before.
 */
export const commitUnlistedScript: Script = createScript(
  parseRecord,
  isLive,
  formatHead,
  timeToLive,
  `local function refuse(answer) return { answer } end`,
  checkCommit,
  `
local period = tonumber(ARGV[7]) / 10
local isDue = math.floor(tonumber(ARGV[6]) / period) > math.floor(record.seen / period)
if ARGV[12] ~= '' and (ARGV[13] or isDue or record.owner ~= ARGV[12] or record.ends ~= tonumber(ARGV[8])) then
  return { 2, record.handle, record.owner == ARGV[12] and 1 or 0 }
end
`,
  writeCommit,
  `return { 1 }`,
)

/**
 * Moves both instants of KEYS[1] forward. ARGV: lastSeenAt, idleExpiresAt, now. Answers the outcome and, when
 * it wrote, the owner, the handle as a JSON string and the end.
 *
 * PEXPIRE comes first: a Redis whose memory is full refuses SETRANGE, although the length stays the same,
 * unless the script has written before.
 */
export const touchScript: Script = createScript(
  parseRecord,
  isLive,
  formatHead,
  timeToLive,
  `
local text = redis.call('GET', KEYS[1])
if not text then return { 0 } end
local record = parse(text)
if not record then return { -1 } end
local now = tonumber(ARGV[3])
if not isLive(record, now) then return { 0 } end
local seen = math.max(record.seen, tonumber(ARGV[1]))
local idle = math.min(math.max(record.idle, tonumber(ARGV[2])), record.ends)
redis.call('PEXPIRE', KEYS[1], timeToLive(idle, now))
redis.call('SETRANGE', KEYS[1], 0, head(record.version, record.commitId, seen, idle, record.endsText, record.owner))
return { 1, record.owner, record.handle, record.endsText }
`,
)

/** Deletes KEYS[1], whatever it is. Answers whether it was there, its owner and its handle as a JSON string. */
export const deleteScript: Script = createScript(
  parseRecord,
  `
local text = redis.call('GET', KEYS[1])
if not text then return { 0 } end
redis.call('DEL', KEYS[1])
local record = parse(text)
return { 1, record and record.owner or '', record and record.handle or '' }
`,
)

/**
 * Deletes KEYS[1] if it is a session of the owner, or of nobody when that is empty. ARGV: owner, now, and whether to
 * delete a text that is not a record as well. Answers the outcome, whether the session was live, and its handle
 * as a JSON string.
 */
export const deleteOwnedScript: Script = createScript(
  parseRecord,
  readOwnerOfText,
  isLive,
  `
local text = redis.call('GET', KEYS[1])
if not text then return { 0 } end
local record = parse(text)
if not record and ARGV[3] ~= '1' then return { -1 } end
local owner = record and record.owner or ownerOf(text) or ARGV[1]
if owner ~= ARGV[1] then return { 0 } end
redis.call('DEL', KEYS[1])
return { 1, record and isLive(record, tonumber(ARGV[2])) and 1 or 0, record and record.handle or '' }
`,
)
