// The sessions of one user, seen from outside any of them: the page "your devices" and the button
// "sign out everywhere". It reads and deletes by the user index and knows nothing of requests.

import type { UserIndex } from '../capabilities.ts'
import { SessionConfigError, SessionStateError, SessionStoreError } from '../errors.ts'
import { checkHandle, checkUserId } from '../session/check-arguments.ts'
import type { SessionState } from '../session/session-state.ts'
import { expiryOf } from '../session/lifetime.ts'
import type { SessionRecord } from '../store.ts'
import { callStore } from './call-store.ts'
import { findDamage } from './find-damage.ts'
import type { ManagerSettings } from './resolve-options.ts'

/**
 * One line of a list of devices. It holds nothing that opens the session.
 *
 * @example
 * ```ts
 * function describe({ details, lastSeenAt }: SessionSummary): string {
 *   return `${details ?? 'A browser'}, last used ${lastSeenAt.toLocaleString('en-GB')}`
 * }
 * ```
 */
export interface SessionSummary {
  /** The session's public name: what {@link SessionManager.revoke} takes, and what `session.handle` is. */
  readonly handle: string
  /** What `login` was given as `details`, such as "Firefox on Linux". */
  readonly details: string | undefined
  /** When the session began, as a visitor or at a login. */
  readonly createdAt: Date
  /** When the user last signed in on it; `undefined` when nobody did since it began. */
  readonly authenticatedAt: Date | undefined
  /** When it was last used, as exactly as `touchEvery` says. */
  readonly lastSeenAt: Date
  /** When it ends if nobody comes back. */
  readonly expiresAt: Date
}

/**
 * The sessions of a user, through the store's user index: to show them, and to end them from elsewhere.
 * What is ended here is removed, and no verb of a store but `create` makes a row: so no request
 * under way on the other device brings it back.
 *
 * @internal
 */
export class UserSessions {
  readonly #settings: ManagerSettings

  constructor(settings: ManagerSettings) {
    this.#settings = settings
  }

  /** The live sessions, oldest first. @throws {@link SessionConfigError} without a user index */
  async list(userId: string): Promise<readonly SessionSummary[]> {
    return (await this.#read(userId)).filter((record) => this.#isSound(record)).map(summarize)
  }

  /** Ends one; the user's id makes sure that it is their own. Resolves to whether there was one. */
  async revoke(userId: string, handle: string): Promise<boolean> {
    checkHandle(handle)
    const record = (await this.#read(userId)).find((each) => each.handle === handle)
    return record !== undefined && (await this.#delete(record))
  }

  /** Ends all but the one that asks. @throws {@link SessionStateError} when nobody is signed in */
  async revokeOthers(state: SessionState): Promise<number> {
    const { userId } = state.currentDraft()
    if (userId === undefined) {
      throw new SessionStateError('revokeOthers: nobody is signed in on this session: call login first')
    }
    const own = state.handle
    const others = (await this.#read(userId)).filter((record) => record.handle !== own)
    const deletions = await Promise.all(others.map((record) => this.#delete(record)))
    return deletions.filter(Boolean).length
  }

  /** Ends all of them in one call of the store: a login that overlaps cannot slip through a list. */
  async revokeAll(userId: string): Promise<number> {
    const records = await this.#read(userId)
    const { clock, emit } = this.#settings
    const count = await this.#call('deleteByUser', (index) => index.deleteByUser(userId, clock.now()))
    for (const { handle } of records) emit({ type: 'revoked', handle })
    return count
  }

  async #read(userId: string): Promise<readonly SessionRecord[]> {
    checkUserId(userId)
    const { clock } = this.#settings
    const records: unknown = await this.#call('listByUser', (index) => index.listByUser(userId, clock.now()))
    if (Array.isArray(records)) return records
    throw new SessionStoreError('listByUser', `the store answered 'listByUser' with no list`)
  }

  async #delete({ key, handle }: SessionRecord): Promise<boolean> {
    const { store, clock, timeout, emit } = this.#settings
    const isDeleted = await callStore('delete', () => store.delete(key), timeout, clock)
    if (isDeleted) emit({ type: 'revoked', handle })
    return isDeleted
  }

  async #call<Value>(
    operation: 'listByUser' | 'deleteByUser',
    call: (index: UserIndex) => Value | Promise<Value>,
  ): Promise<Value> {
    const { store, clock, timeout } = this.#settings
    const index = store as Partial<UserIndex>
    if (typeof index[operation] !== 'function') {
      throw new SessionConfigError(
        `store: it has no ${operation}; sessions of a user can be listed and revoked with a store that keeps ` +
          'a user index, such as memoryStore or sqliteStore',
      )
    }
    return callStore(operation, () => call(index as UserIndex), timeout, clock)
  }

  /** One that cannot be read opens nothing: it is not shown, but it can be revoked with the others. */
  #isSound(record: SessionRecord): boolean {
    const { maxSize, emit } = this.#settings
    const error = findDamage(record, maxSize)
    if (error) emit({ type: 'unreadable', handle: record.handle, error })
    return !error
  }
}

function summarize(record: SessionRecord): SessionSummary {
  const { handle, details, createdAt, authenticatedAt, lastSeenAt } = record
  return {
    handle,
    details,
    createdAt: new Date(createdAt),
    authenticatedAt: authenticatedAt === undefined ? undefined : new Date(authenticatedAt),
    lastSeenAt: new Date(lastSeenAt),
    expiresAt: new Date(expiryOf(record)),
  }
}
