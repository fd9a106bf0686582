// The verbs as scripts on the record of one session. Redis runs a script as one step, so conditions and
// writes are one. Each answers 1 when it wrote and 0 when not; -1 stands for a text that is not a record.

import { formatHead, isLive, listSession, parseRecord, timeToLive } from './lua-parts.ts'
import { createScript } from './script.ts'
import type { Script } from './script.ts'

/** What a script about a record can answer. */
export const outcome = { refused: 0, written: 1, needsReservation: 2, malformed: -1 } as const

/** The value of KEYS[1]. As a script it reaches a master, past every cache. */
export const readScript: Script = createScript(`return redis.call('GET', KEYS[1])`)

/** Answers, on whatever server it is sent to. */
export const pingScript: Script = createScript('return 1')

/** Writes KEYS[1] unless it is there. ARGV: text, time to live. */
export const createRecordScript: Script = createScript(`
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
`)

/** The same, and lists it in KEYS[2]. ARGV: text, time to live, key, endsAt, now. */
export const createListedScript: Script = createScript(
  timeToLive,
  listSession,
  `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
list(KEYS[2], ARGV[3], ARGV[4], tonumber(ARGV[5]))
return 1
`,
)

/**
 * The conditions of a commit on KEYS[1].
 * ARGV: now, expected version and commit id, then version, commit id, lastSeenAt, idleTimeout, endsAt, state, data.
 */
const checkCommit = `
local text = redis.call('GET', KEYS[1])
if not text then return 0 end
local record = parse(text)
if not record then return -1 end
local now = tonumber(ARGV[1])
if not isLive(record, now) or record.version ~= ARGV[2] or record.commitId ~= ARGV[3] then return 0 end
`

const writeCommit = `
local seen = math.max(record.seen, tonumber(ARGV[6]))
local idle = math.min(seen + tonumber(ARGV[7]), tonumber(ARGV[8]))
redis.call('SET', KEYS[1],
  head(ARGV[4], ARGV[5], seen, idle, ARGV[8]) .. record.origin .. '\\n' .. ARGV[9] .. '\\n' .. ARGV[10],
  'PX', timeToLive(idle, now))
`

const commitParts = [parseRecord, isLive, formatHead, timeToLive] as const

/** Commits, and lists the session in KEYS[2] if that is given. ARGV[11] is its key. */
export const commitListedScript: Script = createScript(
  ...commitParts,
  listSession,
  checkCommit,
  writeCommit,
  `
if KEYS[2] then list(KEYS[2], ARGV[11], ARGV[8], now) end
return 1
`,
)

/**
 * Commits unless the session would have to be listed first: ARGV[11] is the user for whom it has no place
 * yet, or nothing when it has. Who already had the session has its place, up to its former end. But a set can
 * be lost, by eviction or in a failover, and a session that commits often needs no touch. So the first commit
 * in each tenth of the idle timeout takes the place anew.
 */
export const commitUnlistedScript: Script = createScript(
  ...commitParts,
  checkCommit,
  `
local period = tonumber(ARGV[7]) / 10
local isDue = math.floor(tonumber(ARGV[6]) / period) > math.floor(record.seen / period)
if ARGV[11] ~= '' and (isDue or record.userId ~= ARGV[11] or record.ends < tonumber(ARGV[8])) then
  return 2
end
`,
  writeCommit,
  `return 1`,
)

/**
 * Moves both instants of KEYS[1] forward. ARGV: lastSeenAt, idleExpiresAt, now. Answers the outcome and, when
 * it wrote, whose session it is and its end.
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
redis.call('SETRANGE', KEYS[1], 0, head(record.version, record.commitId, seen, idle, record.endsText))
return { 1, record.userId or '', record.endsText }
`,
)

/** Deletes KEYS[1]. Answers whether it was there, and whose session it was. */
export const deleteScript: Script = createScript(
  parseRecord,
  `
local text = redis.call('GET', KEYS[1])
if not text then return { 0 } end
redis.call('DEL', KEYS[1])
local record = parse(text)
return { 1, record and record.userId or '' }
`,
)

/**
 * Deletes KEYS[1] if it is a session of the user. ARGV: user, now, and whether to delete a text that is not a
 * record as well. Answers the outcome, and whether the session was live.
 */
export const deleteOwnedScript: Script = createScript(
  parseRecord,
  isLive,
  `
local text = redis.call('GET', KEYS[1])
if not text then return { 0 } end
local record = parse(text)
if not record and ARGV[3] ~= '1' then return { -1 } end
if record and record.userId ~= ARGV[1] then return { 0 } end
redis.call('DEL', KEYS[1])
return { 1, record and isLive(record, tonumber(ARGV[2])) and 1 or 0 }
`,
)
