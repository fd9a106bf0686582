import type { SessionRecord } from '../store.ts'

/** A record that is to be removed: where it is, and what events call it. */
export type Removal = Pick<SessionRecord, 'key' | 'handle'>

const none: readonly Removal[] = []

/**
 * The records that `logout` or `destroy` has ended and the store still has. Each stays on the list until the store
 * has acknowledged its removal: a response that says "signed out" waits for an empty one.
 */
export class Removals {
  #pending = none

  get pending(): readonly Removal[] {
    return this.#pending
  }

  /** Only what a removal needs is kept. The same record twice is one removal. */
  add({ key, handle }: Removal): void {
    this.finish(key)
    this.#pending = [...this.#pending, { key, handle }]
  }

  /** The store has removed it. */
  finish(key: string): void {
    this.#pending = this.#pending.filter((removal) => removal.key !== key)
  }
}
