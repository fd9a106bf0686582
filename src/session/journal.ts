// Event sourcing in the small: operations are the truth, the draft is derived. It is what makes
// overlapping requests harmless, and why functions given to `update` and `transaction` must be
// pure.

import { readDocument } from '../codec/document.ts'
import type { EncodedValues } from '../codec/document.ts'
import { SessionStateError } from '../errors.ts'
import type { SessionRecord } from '../store.ts'
import { Draft } from './draft.ts'
import type { DraftSettings, Identity } from './draft.ts'
import type { Operation } from './operations.ts'
import { RevivedValues } from './revived-values.ts'

const nothing: EncodedValues = new Map()
// Its own properties, so that a polluted prototype makes no visitor somebody.
const nobody: Identity = { userId: undefined, details: undefined }

/**
 * What the handler has done to the session and is not saved yet: the operations in their order, the
 * draft they lead to, and the values that were handed out. The operations are what counts: when
 * another request was faster, the draft is thrown away and they are replayed on the newer record.
 */
export class Journal {
  readonly #settings: DraftSettings
  /** The values handed out that could be edited in place. */
  readonly revived: RevivedValues = new RevivedValues()
  /** Not saved yet, oldest first. A save takes the whole list and leaves an empty one. */
  operations: Operation[] = []
  /** The record with the operations applied; `undefined` until it is needed. */
  draft: Draft | undefined
  #isApplying = false

  constructor(settings: DraftSettings) {
    this.#settings = settings
  }

  /** Applies an operation to the draft and records it. */
  add(operation: Operation, draft: Draft): void {
    this.apply(operation, draft)
    this.revived.forgetReplaced(draft)
    this.operations.push(operation)
  }

  /** Applies an operation, which may run a function of the application's. */
  apply(operation: Operation, draft: Draft): unknown {
    const wasApplying = this.#isApplying
    this.#isApplying = true
    try {
      return operation.apply(draft)
    } finally {
      this.#isApplying = wasApplying
    }
  }

  /**
   * A function given to `update` or `transaction` may run again: what it did to the session
   * beside the draft could not be undone.
   *
   * @throws {@link SessionStateError} while such a function runs.
   */
  assertIdle(): void {
    if (!this.#isApplying) return
    throw new SessionStateError(
      'a function given to update or transaction must use what it is handed, and leave the session alone',
    )
  }

  /** A fresh draft of `record`, or of a new session, with `operations` applied. */
  replay(operations: readonly Operation[], record: SessionRecord | undefined): Draft {
    const draft = new Draft(this.#settings, record ? readDocument(record) : nothing, record ?? nobody)
    for (const operation of operations) this.apply(operation, draft)
    return draft
  }

  /** The draft as the handler sees it, to be saved while the handler goes on. */
  fork(record: SessionRecord | undefined): Draft {
    return (this.draft ??= this.replay(this.operations, record)).fork()
  }

  /** Forgets everything that was recorded. */
  clear(): void {
    this.operations = []
    this.draft = undefined
    this.revived.clear()
  }
}
