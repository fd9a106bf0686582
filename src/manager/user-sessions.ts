// All sessions of one user, for a page "your devices" and a button "sign out everywhere". It lists
// and deletes through the store's user index. A list may be outdated when it arrives, so a record
// is deleted only if it still belongs to the user.

import type { UserIndex } from '../capabilities.ts'
import { SessionConfigError, SessionStateError, SessionStoreError } from '../errors.ts'
import { hashToken } from '../id/token-hash-cache.ts'
import { ownRecord } from '../record.ts'
import { checkHandle, checkUserId } from '../session/check-arguments.ts'
import type { SessionState } from '../session/session-state.ts'
import type { Awaitable, SessionRecord } from '../store.ts'
import { callStore } from './call-store.ts'
import { findDamage } from './find-damage.ts'
import { hasCapability } from './has-capability.ts'
import { acceptsToken } from './load.ts'
import type { ManagerSettings } from './resolve-options.ts'
import type { Saver } from './saving/saver.ts'
import { summarize } from './session-summary.ts'
import type { SessionSummary } from './session-summary.ts'

type IndexOperation = keyof Pick<UserIndex, 'listByUser' | 'deleteOwned' | 'deleteByUser'>

/**
 * Lists and ends the sessions of a user. Ending one removes its record, and no request that is under
 * way on the other device brings it back: of a store's verbs, only `create` makes a record.
 *
 * @internal
 */
export class UserSessions {
  readonly #settings: ManagerSettings
  readonly #saver: Saver

  constructor(settings: ManagerSettings, saver: Saver) {
    this.#settings = settings
    this.#saver = saver
  }

  /**
   * The live sessions, oldest first.
   *
   * @throws {@link SessionConfigError} without a user index.
   */
  async list(userId: string): Promise<readonly SessionSummary[]> {
    return (await this.#read(userId)).filter((record) => this.#isSound(record)).map(summarize)
  }

  /** Ends one of the user's sessions. Resolves to whether the user had it. */
  async revoke(userId: string, handle: string): Promise<boolean> {
    checkHandle(handle)
    // A creation whose answer was lost may have left a second record, which no token opens, of this handle.
    const records = (await this.#read(userId)).filter((each) => each.handle === handle)
    return (await this.#deleteAll(userId, records)) > 0
  }

  /**
   * Ends all but the current one, which must still be open: a session that was revoked, or whose token
   * was replaced, must not end the others. What it changed is saved first, because a login that loses to
   * another request starts a session of its own, and the one it left is then one of the others.
   *
   * @throws {@link SessionStateError} when nobody is signed in, or the session is no longer open.
   * @throws TypeError when the session belongs to another manager.
   */
  async revokeOthers(state: SessionState): Promise<number> {
    if (state.settings !== this.#settings)
      throw new TypeError('revokeOthers: the session belongs to another session manager')
    if (state.assertWritable().currentDraft().userId !== undefined && state.hasChanges)
      await this.#saver.save(state)
    const { userId } = state.currentDraft()
    if (userId === undefined) {
      throw new SessionStateError('revokeOthers: nobody is signed in on this session: call login first')
    }
    const records = await this.#read(userId)
    const { presented } = state.credentials
    const own = records.find((record) => record.handle === state.handle && this.#isOpen(record, presented))
    if (!own) {
      throw new SessionStateError('revokeOthers: this session is no longer open: nothing was revoked')
    }
    return this.#deleteAll(
      userId,
      records.filter((record) => record !== own),
    )
  }

  /**
   * Ends all of them with one call of the store; the list is read only for the events. A session created
   * after that call is not ended.
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

  /** The user's records. An index may lag behind: records that belong to another user by now are left out. */
  async #read(userId: string): Promise<readonly SessionRecord[]> {
    checkUserId(userId)
    const { clock } = this.#settings
    const records: unknown = await this.#call('listByUser', (index) => index.listByUser(userId, clock.now()))
    if (Array.isArray(records) && records.every(isListed)) {
      return records.filter((record) => ownRecord(record).userId === userId)
    }
    throw createAnswerError('listByUser', 'an array of records')
  }

  /** How many of the records were the user's, and are deleted. */
  async #deleteAll(userId: string, records: readonly SessionRecord[]): Promise<number> {
    const deletions = await Promise.all(records.map((record) => this.#delete(userId, record)))
    return deletions.filter(Boolean).length
  }

  async #delete(userId: string, { key, handle }: SessionRecord): Promise<boolean> {
    const isDeleted = await this.#call('deleteOwned', (index) => index.deleteOwned(userId, key))
    if (typeof isDeleted !== 'boolean') throw createAnswerError('deleteOwned', 'true or false')
    if (isDeleted) this.#settings.emit({ type: 'revoked', handle })
    return isDeleted
  }

  /**
   * Calls the store's user index.
   *
   * @throws {@link SessionConfigError} when the store has none.
   */
  async #call(operation: IndexOperation, call: (index: UserIndex) => Awaitable<unknown>): Promise<unknown> {
    const { store, clock, timeout } = this.#settings
    if (hasCapability<UserIndex>(store, operation))
      return callStore(operation, () => call(store), timeout, clock)
    throw new SessionConfigError(
      'store: received one without a user index; allowed, to list or revoke sessions, is one such as memoryStore()',
    )
  }

  #isOpen(record: SessionRecord, token: string | undefined): boolean {
    return token !== undefined && acceptsToken(record, hashToken(token), this.#settings.clock.now())
  }

  /** A damaged record opens no session, so it is not listed; it is still revoked with the others. */
  #isSound(record: SessionRecord): boolean {
    const { maxSize, emit } = this.#settings
    const error = findDamage(record, maxSize)
    if (error) emit({ type: 'unreadable', handle: record.handle, error })
    return !error
  }
}

/** Whether a record, even a damaged one, has what is needed to revoke it. */
function isListed(value: unknown): value is SessionRecord {
  const { key, handle } = ownRecord(Object(value) as SessionRecord) as Partial<SessionRecord>
  return typeof key === 'string' && typeof handle === 'string'
}

function createAnswerError(operation: IndexOperation, allowed: string): SessionStoreError {
  return new SessionStoreError(operation, `the store did not answer '${operation}' with ${allowed}`)
}
