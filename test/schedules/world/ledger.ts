import type { SessionRecord } from '../../../src/contract/store.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { MemoryStore } from '../../../src/stores/memory.ts'
import type { CallRecord, Effect } from '../history.ts'

/** The rows, and a log of everything done to them, in order. */
export class Ledger {
  readonly rows: MemoryStore
  readonly effects: Effect[] = []
  readonly #tick: () => number
  readonly #time: () => number

  constructor(capacity: number, tick: () => number, time: () => number) {
    this.rows = memoryStore({ maxSessions: capacity })
    this.#tick = tick
    this.#time = time
  }

  /** The stored row, expired or not. */
  find(key: string): SessionRecord | undefined {
    return this.list().find((record) => record.key === key)
  }

  list(): readonly SessionRecord[] {
    // At instant 0 nothing has expired.
    return (this.rows.enumerate(undefined, 1000, 0) as { records: readonly SessionRecord[] }).records
  }

  /** Executes a call and records its effect. */
  apply(call: CallRecord, run: (rows: MemoryStore) => unknown): unknown {
    const all = this.list()
    const before = all.find((record) => record.key === call.key)
    const answer = run(this.rows)
    const { verb, key, request } = call
    this.#note({ call, verb, key, request, before, after: this.find(key), answer })
    if (verb !== 'delete' && verb !== 'touch' && verb !== 'read') this.#noteEnded(call, all)
    return answer
  }

  /** Replaces a row, as a later version of the library would. */
  rewrite(before: SessionRecord, after: SessionRecord): void {
    void this.rows.delete(before.key)
    void this.rows.create(after, 0)
    const rest = { call: undefined, request: undefined, answer: undefined }
    this.#note({ ...rest, verb: 'rewrite', key: before.key, before, after: this.find(before.key) })
  }

  /** Rows that a call has ended besides its own: to make room, or because it ends those of a user. */
  #noteEnded(call: CallRecord, before: readonly SessionRecord[]): void {
    const left = new Set(this.list().map((record) => record.key))
    const verb = call.verb === 'deleteByUser' ? 'revoke' : 'evict'
    for (const record of before.filter(({ key }) => key !== call.key && !left.has(key))) {
      const rest = { call, request: undefined, answer: undefined }
      this.#note({ ...rest, verb, key: record.key, before: record, after: undefined })
    }
  }

  #note(effect: Omit<Effect, 'at' | 'time' | 'verb'> & { verb: Effect['verb'] }): void {
    this.effects.push({ at: this.#tick(), time: this.#time(), ...effect })
  }
}
