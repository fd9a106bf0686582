// The sessions of one user, seen from outside any of them: the page "your devices" and the button
// "sign out everywhere". It lists and deletes by the user index and knows nothing of requests.
// A list is old when it arrives, so nothing is deleted that is not still the user's.

import type { UserIndex } from '../capabilities.ts'
import { SessionConfigError, SessionStateError, SessionStoreError } from '../errors.ts'
import { hashToken } from '../id/token-hash-cache.ts'
import { checkHandle, checkUserId } from '../session/check-arguments.ts'
import type { SessionState } from '../session/session-state.ts'
import type { Awaitable, SessionRecord } from '../store.ts'
import { callStore } from './call-store.ts'
import { findDamage } from './find-damage.ts'
import { acceptsToken } from './load.ts'
import type { ManagerSettings } from './resolve-options.ts'
import { summarize } from './session-summary.ts'
import type { SessionSummary } from './session-summary.ts'

type IndexOperation = keyof Pick<UserIndex, 'listByUser' | 'deleteOwned' | 'deleteByUser'>

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
    return record !== undefined && (await this.#delete(userId, record))
  }

  /**
   * Ends all but the one that asks, which must be saved. It must also still be open: a session that was
   * revoked, or whose token was replaced, has no say over the others.
   *
   * @throws {@link SessionStateError} when nobody is signed in, or when the session is not open any more.
   */
  async revokeOthers(state: SessionState): Promise<number> {
    const { userId } = state.currentDraft()
    if (userId === undefined) {
      throw new SessionStateError('revokeOthers: nobody is signed in on this session: call login first')
    }
    const records = await this.#read(userId)
    const own = records.find(({ handle }) => handle === state.handle)
    if (!own || !this.#isOpen(own, state.credentials.presented)) {
      throw new SessionStateError(
        'revokeOthers: this session has ended, or its token was replaced meanwhile: nothing was revoked',
      )
    }
    const others = records.filter((record) => record !== own)
    const deletions = await Promise.all(others.map((record) => this.#delete(userId, record)))
    return deletions.filter(Boolean).length
  }

  /**
   * Ends all of them in one call of the store, which needs no list: what the list is for are the events.
   * A login whose session is created after that call stands.
   */
  async revokeAll(userId: string): Promise<number> {
    checkUserId(userId)
    const { clock, emit } = this.#settings
    const records = await this.#read(userId).catch(() => [])
    const count = await this.#call('deleteByUser', (index) => index.deleteByUser(userId, clock.now()))
    if (typeof count !== 'number') throw createAnswerError('deleteByUser', 'a number')
    for (const { handle } of records) emit({ type: 'revoked', handle })
    return count
  }

  /** The user's records. An index may be behind: what is somebody else's by now is left out. */
  async #read(userId: string): Promise<readonly SessionRecord[]> {
    checkUserId(userId)
    const { clock } = this.#settings
    const records: unknown = await this.#call('listByUser', (index) => index.listByUser(userId, clock.now()))
    if (Array.isArray(records) && records.every(isListed)) {
      return records.filter((record) => record.userId === userId)
    }
    throw createAnswerError('listByUser', 'a list of records')
  }

  async #delete(userId: string, { key, handle }: SessionRecord): Promise<boolean> {
    const isDeleted = await this.#call('deleteOwned', (index) => index.deleteOwned(userId, key))
    if (typeof isDeleted !== 'boolean') throw createAnswerError('deleteOwned', 'true or false')
    if (isDeleted) this.#settings.emit({ type: 'revoked', handle })
    return isDeleted
  }

  /** Calls the index, if the store keeps one. @throws {@link SessionConfigError} if not */
  async #call(operation: IndexOperation, call: (index: UserIndex) => Awaitable<unknown>): Promise<unknown> {
    const { store, clock, timeout } = this.#settings
    const index = store as Partial<UserIndex>
    if (typeof index[operation] === 'function')
      return callStore(operation, () => call(index as UserIndex), timeout, clock)
    throw new SessionConfigError(
      'store: received one that keeps no user index; allowed, to list or revoke the sessions of a user, is one ' +
        'that does, such as memoryStore or sqliteStore',
    )
  }

  #isOpen(record: SessionRecord, token: string | undefined): boolean {
    return token !== undefined && acceptsToken(record, hashToken(token), this.#settings.clock.now())
  }

  /** One that cannot be read opens nothing: it is not shown, but it can be revoked with the others. */
  #isSound(record: SessionRecord): boolean {
    const { maxSize, emit } = this.#settings
    const error = findDamage(record, maxSize)
    if (error) emit({ type: 'unreadable', handle: record.handle, error })
    return !error
  }
}

/** The least that is needed to revoke a record, damaged as it may be. */
function isListed(value: unknown): value is SessionRecord {
  const { key, handle } = Object(value) as Partial<SessionRecord>
  return typeof key === 'string' && typeof handle === 'string'
}

function createAnswerError(operation: IndexOperation, allowed: string): SessionStoreError {
  return new SessionStoreError(
    operation,
    `the store answered '${operation}' with something else than ${allowed}`,
  )
}
