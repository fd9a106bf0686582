// Cases about the user index. Each uses a user of its own, so that it can run on a store full of other
// records.

import type { UserIndex } from '../../contract/capabilities.ts'
import type { SessionStore } from '../../contract/store.ts'
import { assertAnswer } from '../assert-answer.ts'
import { randomHex, sampleOwner } from '../sample-record.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'
import { listAll } from './listed.ts'

/** The context of a case about a user. */
export interface UserContext extends StoreCaseContext {
  /** The store, with the index that the case requires. */
  readonly store: SessionStore & UserIndex
  /** A user without sessions. */
  readonly userId: string
  /** What the index knows that user by. */
  readonly owner: string
  /** Another user without sessions. */
  readonly otherId: string
  /** What the index knows the other user by. */
  readonly otherOwner: string
  /** The keys of an owner's sessions as listed; also asserts that the count agrees. */
  keysOf(owner: string, now?: number): Promise<string[]>
}

/** Defines a case about the sessions of a user that no other case uses. */
export function userCase(name: string, run: (context: UserContext) => Promise<void>): StoreCase {
  return {
    name: `user index: ${name}`,
    requires: ['listByUser'],
    run(context) {
      const store = context.store as SessionStore & UserIndex
      const keysOf = async (owner: string, now: number = context.now): Promise<string[]> => {
        const keys = (await listAll(store, owner, now)).map((record) => record.key)
        assertAnswer('countByUser', await store.countByUser(owner, now), keys.length)
        return keys
      }
      const userId = `u_${randomHex(6)}`
      const otherId = `${userId}-other`
      const owners = { owner: sampleOwner(userId), otherOwner: sampleOwner(otherId) }
      return run({ ...context, store, keysOf, userId, otherId, ...owners })
    },
  }
}
