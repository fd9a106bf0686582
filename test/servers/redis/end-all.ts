import type { UserIndex } from '../../../src/contract/capabilities.ts'
import { sampleOwner } from '../../../src/testing/sample-record.ts'

/** Ends all sessions of a user, step by step. Resolves to the handles of those that were live. */
export async function endAll(store: UserIndex, userId: string, now: number): Promise<readonly string[]> {
  const handles: string[] = []
  let cursor: string | undefined
  do {
    const step = await store.deleteByUser(sampleOwner(userId), { cursor }, now)
    handles.push(...step.handles)
    cursor = step.cursor
  } while (cursor !== undefined)
  return handles
}
