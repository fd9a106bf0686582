// When to save, and what to do when it fails. A session is saved for one of five reasons (the
// handler asks, a transaction, the head is about to leave, the response has ended, the option
// `eager`), and two saves of one session never run beside each other: the later one needs the
// record and token of the earlier. How a save works is run-save.ts.

import { SessionError } from '../../errors.ts'
import { KeyQueue } from '../../key-queue.ts'
import type { Operation } from '../../session/operations.ts'
import type { SessionHost } from '../../session/session-host.ts'
import type { SessionState } from '../../session/session-state.ts'
import type { SessionValues } from '../../session/session-values.ts'
import { runTransaction } from '../../session/transaction.ts'
import { StoreAccess } from './store-access.ts'
import { createRecord } from './create-record.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import { runSave } from './run-save.ts'
import type { SaveQueue } from './save.ts'
import type { PendingTasks } from '../upkeep/pending-tasks.ts'

/**
 * Saves sessions: those of one request one after another, and tells of every failure. This is what a
 * {@link Session} calls its host.
 */
export class Saver implements SessionHost {
  readonly #settings: ManagerSettings
  readonly #tasks: PendingTasks
  // Of all requests in this process, by key.
  readonly #queue: SaveQueue = new KeyQueue()

  constructor(settings: ManagerSettings, tasks: PendingTasks) {
    this.#settings = settings
    this.#tasks = tasks
  }

  /** Saves because the handler asks for it. @throws what the save, or one before it, failed with */
  async save(state: SessionState): Promise<void> {
    await this.#enqueue(state)
    // An earlier save, which nobody waited for, took the changes with it and failed.
    state.assertSaved()
  }

  /**
   * Saves with one more operation, whose result the handler waits for. A conflict runs it again, so the
   * last result is the one that was saved. Resolves to `undefined` when the session ended meanwhile.
   */
  async transact<Result>(
    state: SessionState,
    run: (values: SessionValues<unknown>) => Result,
  ): Promise<{ result: Result } | undefined> {
    const results: Result[] = []
    const operation = runTransaction(run, (result) => void (results[0] = result))
    const hasStood = await this.#enqueue(state, operation)
    return hasStood ? { result: results[0] as Result } : undefined
  }

  /** Saves because the head is about to leave: whatever fails now, nobody but the event tells why. */
  async saveBeforeHead(state: SessionState): Promise<void> {
    try {
      await this.#enqueue(state)
    } catch (error) {
      if (!(error instanceof SessionError)) this.#report('save', state, error)
      throw error
    }
  }

  /** What a request that saves nothing has to be told all the same. */
  assertNoEdits(state: SessionState): void {
    try {
      state.journal.revived.assertNoEdits(this.#settings.codec)
    } catch (error) {
      this.#report('save', state, error)
      throw error
    }
  }

  /** Saves what came after the head. */
  async saveAfterHead(state: SessionState): Promise<void> {
    await this.#enqueue(state, undefined, 'late').catch((error: unknown) => {
      if (!(error instanceof SessionError)) this.#report('late', state, error)
    })
  }

  /** Stores a session for a visitor who has done nothing yet. */
  async begin(state: SessionState): Promise<void> {
    try {
      const draft = state.journal.replay([], undefined)
      const access = new StoreAccess(this.#settings)
      const { record, token } = await createRecord(
        this.#settings,
        state,
        draft,
        state.credentials.current,
        access,
      )
      state.rebase(record, token)
      state.exchange.mustSendToken = true
    } catch (error) {
      state.failure = error as SessionError
      this.#report('save', state, error)
    }
  }

  /**
   * Puts a save behind those of this session that are under way. `generation` is noted now: a logout
   * between the order and its turn makes a transaction void.
   */
  #enqueue(state: SessionState, transaction?: Operation, during: 'save' | 'late' = 'save'): Promise<boolean> {
    state.journal.assertIdle()
    const settings = this.#settings
    const order = {
      settings,
      queue: this.#queue,
      state,
      transaction,
      generation: state.generation,
      access: new StoreAccess(settings),
    }
    const run = (): Promise<boolean> => runSave(order)
    const saved = (state.saves ? state.saves.then(run, run) : run()).catch((error: unknown) => {
      if (error instanceof SessionError) this.#report(during, state, error)
      throw error
    })
    const leave = (): void => {
      if (state.saves === saved) state.saves = undefined
    }
    state.saves = saved
    saved.then(leave, leave)
    return this.#tasks.add(saved)
  }

  /** Tells of a failure that no handler may ever see. */
  #report(during: 'save' | 'late', state: SessionState, error: unknown): void {
    this.#settings.emit({ type: 'failed', during, handle: state.handle, error: error as Error })
  }
}
