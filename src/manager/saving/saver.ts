// When to save, and who learns of a failure. A session is saved when the handler calls `save`, `transaction`, `consume`
// or `revokeOthers`, when the head is about to be sent, when the response has ended, and under the option `eager`. Two
// saves of one session never overlap, because the later one needs the record and the token of the earlier. Next: save.ts.

import { SessionConflictError, SessionDecodeError, SessionError } from '../../contract/errors.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionValues } from '../../session/session-values.ts'
import type { SessionHost } from '../../session/session.ts'
import { runTransaction } from '../../session/transaction.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { PendingTasks } from '../upkeep/pending-tasks.ts'
import type { SaveRequest } from './changes.ts'
import { SaveLine } from './save-line.ts'
import { save } from './save.ts'
import { StoreAccess } from './store-access.ts'
import { createRecord } from './write-once.ts'

/** Saves sessions, those of one request one after another, and reports every failure as an event. */
export class Saver implements SessionHost {
  readonly #settings: ManagerSettings
  readonly #tasks: PendingTasks
  // Shared by all requests in this process.
  readonly #line: SaveLine

  constructor(settings: ManagerSettings, tasks: PendingTasks) {
    this.#settings = settings
    this.#line = new SaveLine(settings)
    this.#tasks = tasks
  }

  /**
   * Saves because the handler asks for it.
   *
   * @throws what this save, or an earlier one that may have lost changes, failed with.
   */
  async save(state: SessionState): Promise<boolean> {
    state.useNow()
    const isSaved = await this.#enqueue(state)
    // An earlier save that nobody awaited may have taken these changes and failed.
    state.standing.assertSaved()
    return isSaved && state.standing.shown === undefined
  }

  /**
   * Saves with one more operation, whose result the handler waits for. A conflict runs it again, and the
   * last result is the one that was saved. Resolves to `undefined` when the session ended meanwhile.
   */
  async transact<Result>(
    state: SessionState,
    run: (values: SessionValues<unknown>) => Result,
    kind?: Pick<Operation, 'isTake'>,
  ): Promise<{ result: Result } | undefined> {
    state.useNow()
    const results: Result[] = []
    const operation = runTransaction(run, (result) => void (results[0] = result), kind)
    const isSaved = await this.#enqueue(state, operation)
    return isSaved ? { result: results[0] as Result } : undefined
  }

  /** Saves because the head is about to be sent. No handler can catch the error, so it is an event as well. */
  async saveBeforeHead(state: SessionState): Promise<void> {
    try {
      await this.#enqueue(state)
    } catch (error) {
      if (!(error instanceof SessionError)) this.#report('save', state, error)
      throw error
    }
  }

  /**
   * Checks a request that has nothing to save for values edited in place, which would be lost.
   *
   * @throws TypeError naming them.
   */
  assertNoEdits(state: SessionState): void {
    try {
      state.journal.revived.assertNoEdits(this.#settings.codec)
    } catch (error) {
      this.#report('save', state, error)
      throw error
    }
  }

  /** Saves what was changed after the head. Never fails: no response can report the failure any more. */
  async saveAfterHead(state: SessionState): Promise<void> {
    await this.#enqueue(state, undefined, 'late').catch((error: unknown) => {
      if (!(error instanceof SessionError)) this.#report('late', state, error)
    })
  }

  /** Stores a session for a visitor before the handler runs. Never fails: the error is kept in the state. */
  async createEagerly(state: SessionState): Promise<void> {
    const settings = this.#settings
    try {
      const draft = state.journal.replay([], undefined)
      const { current } = state.credentials
      const access = new StoreAccess(settings)
      const { record, token } = await createRecord(settings, state, draft, current, access)
      state.rebase(record, token)
      state.exchange.mustSendToken = true
    } catch (error) {
      // A row that was stored and comes back damaged can still be ended.
      if (error instanceof SessionDecodeError) state.standing.refuseRecord(error, false)
      else state.standing.fail(error as SessionError)
      this.#report('save', state, error)
    }
  }

  /** Runs a save after the ones of this session that are already running or waiting. */
  #enqueue(state: SessionState, transaction?: Operation, during: 'save' | 'late' = 'save'): Promise<boolean> {
    state.journal.assertIdle()
    const settings = this.#settings
    const request: SaveRequest = {
      settings,
      state,
      transaction,
      requestedGeneration: state.generation,
      access: new StoreAccess(settings),
    }
    const run = (): Promise<boolean> => save(this.#line, request)
    const saved = (state.saves ? state.saves.then(run, run) : run()).catch((error: unknown) => {
      if (error instanceof SessionError && !isDropped(error)) this.#report(during, state, error)
      throw error
    })
    const leave = (): void => {
      if (state.saves === saved) state.saves = undefined
    }
    state.saves = saved
    saved.then(leave, leave)
    return this.#tasks.add(saved)
  }

  #report(during: 'save' | 'late', state: SessionState, error: unknown): void {
    this.#settings.emit({ type: 'failed', during, handle: state.handle, error: error as Error })
  }
}

/** Whether changes were dropped, which the event `dropped` has told already. */
function isDropped(error: SessionError): boolean {
  return error instanceof SessionConflictError && error.status === 409
}
