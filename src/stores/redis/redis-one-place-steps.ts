// All keys are in one place: a script walks the set of a user and looks at their sessions itself, a thousand at a time.

import type { ScriptRunner } from './redis-connection.ts'
import type { KeyNames } from './redis-options.ts'
import { decodeHandle, encodeKey, startOfSet } from './redis-member.ts'
import { encodeWord } from './redis-record-text.ts'
import { readParts, readTexts } from './redis-replies.ts'
import { countStepScript, deleteStepScript } from './redis-step-scripts.ts'
import type { UserSteps } from './redis-user-steps.ts'

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
