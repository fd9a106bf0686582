// Saves of one session in this process wait here for each other instead of causing conflicts in the store. Those
// who wait are written together by one commit, so that a line takes two round trips and not one each, and nobody
// waits for longer than `timeout`.

import { AsyncLocalStorage } from 'node:async_hooks'
import { readDocument } from '../../codec/value-codec.ts'
import { SessionConflictError, SessionStoreError } from '../../contract/errors.ts'
import type { SessionRecord } from '../../contract/store.ts'
import { isRotating } from '../../session/operations.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { SaveOutcome, StoredChanges } from './changes.ts'
import { replayUntilWritten } from './replay-until-written.ts'
import type { WaitingChanges } from './replay-until-written.ts'

/** How many saves one commit writes at most: what they replay blocks the process. */
const mostTogether = 1000

/** The same for a session of many values: each save that changes one copies the names of all. */
const mostNamesTogether = 200_000

/** The saves of one key: those that wait for the commit that is running. */
type Line = WaitingChanges[]

/** One line for each session that is being saved. A session that is not takes no memory. */
export class SaveLine {
  readonly #settings: ManagerSettings
  readonly #lines = new Map<string, Line>()

  constructor(settings: ManagerSettings) {
    this.#settings = settings
  }

  /** How many sessions are being saved. */
  get size(): number {
    return this.#lines.size
  }

  /**
   * Writes changes, at once or together with others when the saves before them are done.
   *
   * @throws {@link SessionConflictError} `busy` when `timeout` is over, counted from when the save was asked for:
   * nothing was sent.
   * @throws {@link SessionStoreError} when the store fails, for this save or for the one just before it.
   */
  write(changes: StoredChanges): Promise<SaveOutcome> {
    const { timeout } = this.#settings
    const { key } = changes.original
    const line = this.#lines.get(key)
    const { left } = changes.access
    if (left <= 0) return Promise.reject(createBusyError(timeout))
    if (line || left < timeout) return this.#wait(line, changes, left)
    return new Promise((settle, fail) => this.#begin(key, { changes, run: runHere, settle, fail }))
  }

  /**
   * Waits for a place in a commit, and for that commit, for the milliseconds that are left. A save that begins a line
   * may have spent some on an earlier one of its request; the commit itself has `timeout`, since others wait behind it.
   */
  #wait(line: Line | undefined, changes: StoredChanges, left: number): Promise<SaveOutcome> {
    const { clock, timeout } = this.#settings
    return new Promise((resolve, reject) => {
      const cancel = clock.schedule(left, () => {
        const place = line?.indexOf(waiting) ?? -1
        if (place !== -1) line?.splice(place, 1)
        reject(place === -1 ? createSlowError(timeout) : createBusyError(timeout))
      })
      const waiting: WaitingChanges = {
        changes,
        run: AsyncLocalStorage.snapshot(),
        settle: (result) => (cancel(), resolve(result)),
        fail: (error) => (cancel(), reject(error)),
      }
      if (line) line.push(waiting)
      else this.#begin(changes.original.key, waiting)
    })
  }

  #begin(key: string, first: WaitingChanges): void {
    this.#lines.set(key, [])
    void this.#serve(key, [first])
  }

  /** Writes one batch after another until nobody waits. */
  async #serve(key: string, first: readonly WaitingChanges[]): Promise<void> {
    const line = this.#lines.get(key) as Line
    let batch = first
    let previous: SessionRecord | undefined
    while (batch.length > 0) {
      try {
        previous = await replayUntilWritten(this.#settings, batch, previous)
      } catch (error) {
        previous = undefined
        for (const waiting of batch) waiting.fail(error)
        // A store that has just timed out would do the same to those behind.
        if (error instanceof SessionStoreError) for (const waiting of line.splice(0)) waiting.fail(error)
      }
      batch = takeBatch(line)
    }
    this.#lines.delete(key)
  }
}

/** The next saves to be written together. One that replaces the token goes alone: the others depend on it. */
function takeBatch(line: Line): readonly WaitingChanges[] {
  const index = line.findIndex(({ changes }) => isRotating(changes.operations))
  const count = index === -1 ? line.length : Math.max(index, 1)
  return line.splice(0, Math.min(count, mostTogether, countBearable(line)))
}

/** How many saves of this session may be replayed in one turn of the process. */
function countBearable([first]: Line): number {
  const names = first ? readDocument(first.changes.original).size : 0
  return Math.max(1, Math.floor(mostNamesTogether / Math.max(1, names)))
}

/** Whoever begins a line serves it in a context of its own. */
function runHere(replay: () => void): void {
  replay()
}

function createBusyError(timeout: number): SessionConflictError {
  return new SessionConflictError(
    'busy',
    `the session could not be saved within ${timeout} ms, because others were in line before it: nothing was sent`,
  )
}

/** Its changes are part of a commit under way, which may still be applied. */
function createSlowError(timeout: number): SessionStoreError {
  return new SessionStoreError('commit', `the session could not be saved within the timeout of ${timeout} ms`)
}
