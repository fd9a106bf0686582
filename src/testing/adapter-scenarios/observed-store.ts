// The store used by the scenarios. There is no way to ask an adapter when it saves; but a store can
// count, fail and delay its answers, and the responses sent meanwhile reveal it.

import type {
  Awaitable,
  ExpectedVersion,
  RecordChange,
  SessionRecord,
  SessionStore,
} from '../../contract/store.ts'
import { memoryStore } from '../../stores/memory/memory-store.ts'
import type { MemoryStore } from '../../stores/memory/memory-store.ts'

/** A store in memory that counts its calls, can be made to fail, and can delay writes. */
export class ObservedStore implements SessionStore {
  /** The records, for inspection without counting calls. */
  readonly rows: MemoryStore = memoryStore()
  /** How many times any verb was called. */
  calls = 0
  /** While true, every verb rejects. */
  isBroken = false
  /** While set, `create`, `commit` and `delete` wait for it. */
  pause: Promise<void> | undefined
  /** How many calls have waited for {@link pause}. */
  waiting = 0

  create(record: SessionRecord, now: number): Awaitable<boolean> {
    return this.#write(() => this.rows.create(record, now))
  }

  read(key: string, now: number): Awaitable<SessionRecord | undefined> {
    return this.#answer(() => this.rows.read(key, now))
  }

  commit(key: string, expected: ExpectedVersion, change: RecordChange, now: number): Awaitable<boolean> {
    return this.#write(() => this.rows.commit(key, expected, change, now))
  }

  touch(key: string, lastSeenAt: number, idleExpiresAt: number, now: number): Awaitable<boolean> {
    return this.#answer(() => this.rows.touch(key, lastSeenAt, idleExpiresAt, now))
  }

  delete(key: string, owner?: string | null): Awaitable<boolean> {
    return this.#write(() => this.rows.delete(key, owner))
  }

  #answer<Value>(ask: () => Awaitable<Value>): Awaitable<Value> {
    this.calls += 1
    return this.isBroken ? Promise.reject(new Error('the store is down')) : ask()
  }

  #write(ask: () => Awaitable<boolean>): Awaitable<boolean> {
    const { pause } = this
    if (!pause) return this.#answer(ask)
    this.waiting += 1
    return pause.then(() => this.#answer(ask))
  }
}
