// A user may have a hundred thousand sessions: they are counted and deleted in steps. How, depends on where they
// are. In one place, as here, a step is one script that walks the set of the user and looks at the sessions itself;
// across the slots of a Cluster, see redis-cross-slot-steps.ts.

import type { UserIndex } from '../../contract/capabilities.ts'
import type { ScriptRunner } from './redis-connection.ts'
import { decodeKey, glanceAtRecord, readOwnerOfText, seekMember, splitMember } from './redis-lua-parts.ts'
import { decodeHandle, encodeKey, startOfSet } from './redis-member.ts'
import type { KeyNames } from './redis-options.ts'
import { encodeWord } from './redis-record-text.ts'
import { readParts, readTexts } from './redis-replies.ts'
import { createScript } from './redis-script.ts'
import type { Script } from './redis-script.ts'

/** What differs between one place and many slots. */
export interface UserSteps {
  /** How many live sessions a user has. */
  countByUser(owner: string, now: number): Promise<number>
  /**
   * Deletes a step of a user's sessions. A login that no step has found has either begun after the first one, or
   * will not be answered with success.
   */
  deleteStep(
    owner: string,
    step: Parameters<UserIndex['deleteByUser']>[1],
    now: number,
  ): Promise<Awaited<ReturnType<UserIndex['deleteByUser']>>>
}

/**
 * Deletes a step of the sessions in KEYS[1], where all keys are in one place: see `evict` in
 * redis-record-scripts.ts. ARGV: owner, the second part of the member to spare, now, prefix of sessions. Answers
 * whether there is more, and the first parts of the members of those that were live. A step is as many as take a
 * few milliseconds.
 */
const deleteStepScript: Script = createScript(
  glanceAtRecord,
  readOwnerOfText,
  splitMember,
  decodeKey,
  `
local members = redis.call('ZRANGE', KEYS[1], 0, 501)
local handles, done, left, size = {}, {}, 0, 0
for _, member in ipairs(members) do
  local handle, keyPart = split(member)
  if keyPart == ARGV[2] then
    -- Spared.
  elseif #done == 500 or size > 4194304 then
    left = left + 1
  else
    local name = ARGV[4] .. keyOf(keyPart)
    local text = redis.call('GET', name)
    if text then
      size = size + #text
      local owner, _, ends = glance(text)
      if (owner or ownerOf(text) or ARGV[1]) == ARGV[1] then redis.call('DEL', name) end
      if owner == ARGV[1] and tonumber(ARGV[3]) < ends then handles[#handles + 1] = handle end
    end
    done[#done + 1] = member
  end
end
if #done > 0 then redis.call('ZREM', KEYS[1], unpack(done)) end
return { left > 0 and 1 or 0, handles }
`,
)

/**
 * Counts a step of the live sessions in KEYS[1], where all keys are in one place. ARGV: score and text of the position,
 * owner, now, prefix of sessions. Answers the number and the position of the next step, if there is one.
 */
const countStepScript: Script = createScript(
  glanceAtRecord,
  splitMember,
  decodeKey,
  seekMember,
  `
local start = seek(KEYS[1], tonumber(ARGV[1]), ARGV[2])
local found = redis.call('ZRANGE', KEYS[1], start, start + 499, 'WITHSCORES')
local count = 0
for place = 1, #found, 2 do
  local text = redis.call('GET', ARGV[5] .. keyOf(select(2, split(found[place]))))
  if text then
    local owner, _, ends = glance(text)
    if owner == ARGV[3] and tonumber(ARGV[4]) < ends then count = count + 1 end
  end
end
if #found < 1000 then return { count } end
return { count, found[#found], found[#found - 1] }
`,
)

/** Counts and deletes in one script for each step. */
export function createOnePlaceSteps(runner: ScriptRunner, names: KeyNames): UserSteps {
  return {
    async countByUser(owner, now) {
      let sum = 0
      let position = [String(startOfSet.score), startOfSet.text]
      while (position.length > 0) {
        const parameters = [...position, encodeWord(owner), String(now), names.sessions]
        const [count, ...next] = readTexts(await runner.run(countStepScript, [names.user(owner)], parameters))
        sum += Number(count)
        position = next
      }
      return sum
    },
    async deleteStep(owner, { except }, now) {
      const spared = except === undefined ? '' : encodeKey(except)
      const parameters = [encodeWord(owner), spared, String(now), names.sessions]
      const reply = readParts(await runner.run(deleteStepScript, [names.user(owner)], parameters))
      const handles = readTexts(reply[1]).map(decodeHandle)
      // What is deleted has left the set, so that the next step begins at its start again.
      return Number(reply[0]) === 1 ? { handles, cursor: 'more' } : { handles }
    },
  }
}
