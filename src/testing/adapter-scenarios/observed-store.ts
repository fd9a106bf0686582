import type { Awaitable, ExpectedVersion, RecordChange, SessionRecord, SessionStore } from '../../store.ts'
import { memoryStore } from '../../stores/memory.ts'

/** A store in memory that counts its calls, and fails when it is told to. */
export class ObservedStore implements SessionStore {
  readonly rows = memoryStore()
  /** How often any verb was called. */
  calls = 0
  /** While it is, every verb rejects. */
  isBroken = false

  create(record: SessionRecord, now: number): Awaitable<boolean> {
    return this.#answer(() => this.rows.create(record, now))
  }

  read(key: string, now: number): Awaitable<SessionRecord | undefined> {
    return this.#answer(() => this.rows.read(key, now))
  }

  commit(key: string, expected: ExpectedVersion, change: RecordChange, now: number): Awaitable<boolean> {
    return this.#answer(() => this.rows.commit(key, expected, change, now))
  }

  touch(key: string, lastSeenAt: number, idleExpiresAt: number, now: number): Awaitable<boolean> {
    return this.#answer(() => this.rows.touch(key, lastSeenAt, idleExpiresAt, now))
  }

  delete(key: string): Awaitable<boolean> {
    return this.#answer(() => this.rows.delete(key))
  }

  #answer<Value>(ask: () => Awaitable<Value>): Awaitable<Value> {
    this.calls += 1
    return this.isBroken ? Promise.reject(new Error('the store is down')) : ask()
  }
}
