// Cases about the user index. Each uses a user of its own, so that it can run on a store full of other
// records.

import type { UserIndex } from '../../capabilities.ts'
import type { SessionStore } from '../../store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { randomHex } from '../sample-record.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** The context of a case about a user. */
interface UserContext extends StoreCaseContext {
  /** The store, with the index that the case requires. */
  readonly store: SessionStore & UserIndex
  /** A user without sessions. */
  readonly userId: string
  /** The keys of the user's sessions as listed; also asserts that the count agrees. */
  keysOf(userId: string, now?: number): Promise<string[]>
}

/** Defines a case about the sessions of a user that no other case uses. */
export function userCase(name: string, run: (context: UserContext) => Promise<void>): StoreCase {
  return {
    name: `user index: ${name}`,
    requires: ['listByUser'],
    run(context) {
      const store = context.store as SessionStore & UserIndex
      const keysOf = async (userId: string, now: number = context.now): Promise<string[]> => {
        const keys = (await store.listByUser(userId, now)).map((record) => record.key)
        assertAnswer('countByUser', await store.countByUser(userId, now), keys.length)
        return keys
      }
      return run({ ...context, store, keysOf, userId: `u_${randomHex(6)}` })
    },
  }
}
