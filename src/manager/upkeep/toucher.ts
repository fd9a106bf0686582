// The idle timeout depends on when a session was last used, and recording every use would turn each
// read into a write. So a use is recorded at most once in `touchEvery`, as of the arrival of its request, and
// no response waits for it: a session may end that much early, never late.

import { isPromise } from '../../awaitable.ts'
import { idleEndOf } from '../../contract/record.ts'
import type { SessionRecord } from '../../contract/store.ts'
import { isTouchDue, limitLife } from '../../session/lifetime.ts'
import type { UseRecorder } from '../../session/lifetime.ts'
import { settle } from '../call-store.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { PendingTasks } from './pending-tasks.ts'

/** How many recent touches are remembered. Forgetting one costs a superfluous touch, nothing else. */
const remembered = 10_000

/** A touch that was sent. */
interface Touch {
  readonly at: number
  /** Pending until the store has answered; `undefined` when it answered at once. */
  answer: Promise<void> | undefined
}

/**
 * Records in the store that sessions are in use: at most once per session in `touchEvery`, however
 * many requests read the same record before the first touch is applied.
 */
export class Toucher implements UseRecorder {
  readonly #settings: ManagerSettings
  readonly #tasks: PendingTasks
  /** The latest touch of each key, oldest first. */
  readonly #recent = new Map<string, Touch>()

  constructor(settings: ManagerSettings, tasks: PendingTasks) {
    this.#settings = settings
    this.#tasks = tasks
  }

  /**
   * Sends a touch unless one was sent recently, by this process or, as the record shows, by another. Whoever
   * saves waits for the promise: the session lives on by this use, and may have ended without it.
   */
  recordUse(record: SessionRecord, at: number): Promise<void> | undefined {
    const { lifetimes } = this.#settings
    if (!isTouchDue(record, lifetimes, at)) return undefined
    const last = this.#recent.get(record.key)
    const known = last && { lastSeenAt: last.at, idleTimeout: record.idleTimeout }
    if (known && !isTouchDue(known, lifetimes, at)) return last.answer
    return this.#touch(record, this.#remember(record.key, at))
  }

  findUse(key: string): number | undefined {
    return this.#recent.get(key)?.at
  }

  /** A touch that fails is an event and is forgotten at once, so that the next request sends another. */
  #touch(record: SessionRecord, touch: Touch): Promise<void> | undefined {
    const { store, emit, lifetimes } = this.#settings
    const { key, handle } = record
    const { at } = touch
    const answer = settle<unknown, void>(
      this.#settings,
      'touch',
      () => store.touch(key, at, idleEndOf(at, limitLife(record, lifetimes)), at),
      () => {},
      (error) => {
        if (this.#recent.get(key) === touch) this.#recent.delete(key)
        emit({ type: 'failed', during: 'touch', handle, error: error as Error })
      },
    )
    if (!isPromise(answer)) return undefined
    touch.answer = this.#tasks.add(answer).then(() => {
      touch.answer = undefined
    })
    return touch.answer
  }

  /** Also forgets what is older than `touchEvery`; the map is in order of time, oldest first. */
  #remember(key: string, at: number): Touch {
    const touch: Touch = { at, answer: undefined }
    this.#recent.delete(key)
    this.#recent.set(key, touch)
    const { touchEvery } = this.#settings.lifetimes
    for (const [oldest, each] of this.#recent) {
      if (at - each.at < touchEvery && this.#recent.size <= remembered) break
      this.#recent.delete(oldest)
    }
    return touch
  }
}
