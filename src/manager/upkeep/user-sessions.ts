// All sessions of one user, for a page "your devices" and a button "sign out everywhere". It lists and ends them
// through the store's user index, which goes by the owner: the hash of realm and user id. A user may have any number
// of sessions, so a list is one page without data, and many are ended in steps.

import type { EndedSessions, ListedRecord, ListPosition, UserIndex } from '../../contract/capabilities.ts'
import {
  SessionConfigError,
  SessionConflictError,
  SessionDecodeError,
  SessionStateError,
  SessionStoreError,
} from '../../contract/errors.ts'
import { findMalformedProperty, isText, ownRecord, recordFormat } from '../../contract/record.ts'
import type { Awaitable, SessionRecord } from '../../contract/store.ts'
import { acceptsToken, hashOwner } from '../../id/hash.ts'
import { isHandle } from '../../id/token.ts'
import { checkHandle, checkUserId } from '../../session/check-arguments.ts'
import { endOf } from '../../session/lifetime.ts'
import { rotate } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import { callStore, hasCapability } from '../call-store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { Saver } from '../saving/saver.ts'
import { readListOptions, summarize } from '../session-summary.ts'
import type { ListOptions, SessionSummary } from '../session-summary.ts'

type IndexOperation = 'listByUser' | 'deleteByHandle' | 'deleteByUser'

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
   * One page of the sessions that a load would open. Pages of the store may hold others, so it may take several.
   *
   * @throws {@link SessionConfigError} without a user index.
   */
  async list(userId: string, options: ListOptions = {}): Promise<SessionSummary[]> {
    const { limit, after } = readListOptions(options)
    const owner = this.#hash(userId)
    const { clock } = this.#settings
    const page: SessionSummary[] = []
    let position: ListPosition | undefined = after
    while (page.length < limit) {
      const records: readonly ListedRecord[] = await this.#read(
        owner,
        { limit, after: position },
        clock.now(),
      )
      page.push(...records.filter((record) => this.#isOpen(record)).map(summarize))
      const last = records.at(-1)
      if (records.length < limit || last === undefined || isSamePosition(last, position)) break
      position = { endsAt: last.endsAt, handle: last.handle }
    }
    return page.slice(0, limit)
  }

  /** Ends one of the user's sessions. Resolves to whether the user had it. */
  async revoke(userId: string, handle: string): Promise<boolean> {
    checkHandle(handle)
    const owner = this.#hash(userId)
    const { clock, emit } = this.#settings
    const isEnded = await this.#call(
      'deleteByHandle',
      (index) => isHandle(handle) && index.deleteByHandle(owner, handle, clock.now()),
    )
    if (typeof isEnded !== 'boolean') throw createAnswerError('deleteByHandle', 'true or false')
    if (isEnded) emit({ type: 'revoked', handle })
    return isEnded
  }

  /**
   * Ends all but the current one, whose token is replaced first: a copy of the cookie is one more device. That save
   * also proves that the session is still open: one that was revoked, or whose token was replaced, must not end the
   * others. A client that has hung up keeps its token, which it could not be told of.
   *
   * @throws {@link SessionStateError} when nobody is signed in, or the response has started.
   * @throws {@link SessionConflictError} `gone` or `replaced` when the session is no longer open: nothing was revoked.
   * @throws TypeError when the session belongs to another manager.
   */
  async revokeOthers(state: SessionState): Promise<number> {
    if (state.settings !== this.#settings)
      throw new TypeError('revokeOthers: the session belongs to another session manager')
    if (state.assertChangeable().currentDraft().userId === undefined)
      throw new SessionStateError('revokeOthers: nobody is signed in on this session: call login first')
    this.#demandIndex()
    if (!state.exchange.isGone) state.changeIdentity('revokeOthers', rotate('hard'))
    const isSaved = await this.#saver.save(state)
    if (state.exchange.isGone) await this.#proveOpen(state)
    const { owner, key } = state.record ?? {}
    if (!isSaved || owner === undefined) {
      throw new SessionStateError('revokeOthers: this session is no longer open: nothing was revoked')
    }
    return this.#endAll(owner, key)
  }

  /**
   * Where no save has replaced the token, only a look at the newest record tells whether it still opens the session.
   *
   * @throws {@link SessionConflictError} `gone` or `replaced` if not.
   */
  async #proveOpen(state: SessionState): Promise<void> {
    await this.#saver.transact(state, () => {})
    const { tokenHashes, clock } = this.#settings
    const { record, credentials } = state
    const hashes = credentials.presented === undefined ? undefined : tokenHashes.find(credentials.presented)
    if (!record || !hashes || acceptsToken(record, hashes, clock.now())) return
    throw new SessionConflictError(
      'replaced',
      'revokeOthers: the token of this request was replaced meanwhile: nothing was revoked',
    )
  }

  /** Ends all of them. A session created after the call began may live on. */
  async revokeAll(userId: string): Promise<number> {
    return this.#endAll(this.#hash(userId), undefined)
  }

  /**
   * Ends sessions step by step, each within the timeout, and lets others run in between.
   *
   * @throws {@link SessionStoreError} saying how many have ended, when the store fails: to be repeated.
   */
  async #endAll(owner: string, except: string | undefined): Promise<number> {
    const { clock, emit } = this.#settings
    let count = 0
    let cursor: string | undefined
    do {
      const step = { except, cursor }
      const answer = await this.#call('deleteByUser', (index) =>
        index.deleteByUser(owner, step, clock.now()),
      ).catch((error: unknown) => {
        throw count === 0 ? error : createPartialError(count, error)
      })
      const ended = readEnded(answer)
      for (const handle of ended.handles) emit({ type: 'revoked', handle })
      count += ended.handles.length
      cursor = ended.cursor
      // A timer of the runtime, not of the option clock: it waits for the current turn to end, not for time.
      if (cursor !== undefined) await new Promise((resolve) => void setTimeout(resolve, 0))
    } while (cursor !== undefined)
    return count
  }

  async #read(
    owner: string,
    page: { readonly limit: number; readonly after: ListPosition | undefined },
    now: number,
  ): Promise<readonly ListedRecord[]> {
    const records: unknown = await this.#call('listByUser', (index) => index.listByUser(owner, page, now))
    if (Array.isArray(records) && records.every(isListed)) {
      // An index may lag behind: records that belong to another user by now are left out.
      return records.filter((record) => ownRecord(record).owner === owner)
    }
    throw createAnswerError('listByUser', 'an array of records')
  }

  /** The owner that the store knows the user by. */
  #hash(userId: string): string {
    checkUserId(userId)
    return hashOwner(this.#settings.realm, userId)
  }

  /** Calls the store's user index. Throws a {@link SessionConfigError} when the store has none. */
  async #call(operation: IndexOperation, call: (index: UserIndex) => Awaitable<unknown>): Promise<unknown> {
    const { clock, timeout } = this.#settings
    const index = this.#demandIndex()
    return callStore(operation, () => call(index), timeout, clock)
  }

  #demandIndex(): UserIndex {
    const { store } = this.#settings
    if (hasCapability<UserIndex>(store, 'listByUser')) return store
    throw new SessionConfigError(
      'store: received one without a user index; allowed, to list or revoke sessions, is one such as memoryStore()',
    )
  }

  /** Whether a load would open it. A damaged record opens no session; it is still revoked with the others. */
  #isOpen(record: ListedRecord): boolean {
    const { emit, clock, lifetimes } = this.#settings
    if (!isSound(record)) {
      const error = new SessionDecodeError('the stored record is of another format, or damaged')
      emit({ type: 'unreadable', handle: record.handle, error })
      return false
    }
    return clock.now() < endOf(ownRecord(record), lifetimes)
  }
}

/** Whether a record of a list has what a record must have, as far as it is listed. */
function isSound(record: ListedRecord): boolean {
  const whole: SessionRecord = { ...record, data: '', verifierHash: '', commitIds: [''] }
  return record.format === recordFormat && findMalformedProperty(whole) === undefined
}

/** Whether a record, even a damaged one, has what is needed to revoke it. */
function isListed(value: unknown): value is ListedRecord {
  const { key, handle } = ownRecord(Object(value) as ListedRecord)
  return isText(key) && isText(handle)
}

/** A store that does not go on would be asked for ever. */
function isSamePosition(last: ListedRecord, position: ListPosition | undefined): boolean {
  return last.handle === position?.handle && last.endsAt === position.endsAt
}

/**
 * The answer of a step.
 *
 * @throws {@link SessionStoreError} for anything else.
 */
function readEnded(answer: unknown): EndedSessions {
  const { handles, cursor } = { handles: undefined, cursor: undefined, ...Object(answer) } as {
    handles?: unknown
    cursor?: unknown
  }
  const isCursor = cursor === undefined || typeof cursor === 'string'
  if (Array.isArray(handles) && handles.every(isText) && isCursor) return { handles, cursor }
  throw createAnswerError('deleteByUser', 'handles and perhaps a cursor')
}

function createAnswerError(operation: IndexOperation, allowed: string): SessionStoreError {
  return new SessionStoreError(operation, `the store did not answer '${operation}' with ${allowed}`)
}

function createPartialError(count: number, cause: unknown): SessionStoreError {
  return new SessionStoreError(
    'deleteByUser',
    `the store failed after ${count} sessions had been ended: repeat the call to end the others`,
    { cause },
  )
}
