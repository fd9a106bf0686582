// Event sourcing within one request: the operations are the source of truth, the draft is derived
// from them. Replaying them on a newer record is what keeps overlapping requests from losing each
// other's writes, and why functions passed to `update` and `transaction` must be pure.

import { readDocument } from '../codec/value-codec.ts'
import type { EncodedValue, EncodedValues, ValueCodec } from '../codec/value-codec.ts'
import { SessionStateError } from '../contract/errors.ts'
import type { SessionRecord } from '../contract/store.ts'
import { quote } from '../quote.ts'
import { Draft } from './draft.ts'
import type { DraftSettings, Identity } from './draft.ts'
import { isRotating } from './operations.ts'
import type { Operation } from './operations.ts'

const noValues: EncodedValues = new Map()
// Own properties, so that a polluted Object.prototype cannot give a visitor an identity.
const anonymous: Identity = { userId: undefined, details: undefined }

/**
 * What the handler has done to the session since the last save: the operations in order, the draft
 * they produce, and the values that were handed out. When another request saves first, the draft
 * is discarded and the operations are replayed on the newer record.
 */
export class Journal {
  /** The values handed out that could be edited in place. */
  readonly revived: RevivedValues = new RevivedValues()
  readonly #settings: DraftSettings
  /** Not yet saved, oldest first. */
  #operations: Operation[] = []
  #draft: Draft | undefined
  #isApplying = false

  constructor(settings: DraftSettings) {
    this.#settings = settings
  }

  /** Whether there are operations to save. */
  get hasOperations(): boolean {
    return this.#operations.length > 0
  }

  /** Whether one of the operations to save replaces the token. */
  get isRotating(): boolean {
    return isRotating(this.#operations)
  }

  /** The session as the handler sees it; `undefined` until {@link open}, and after {@link invalidateDraft}. */
  get draft(): Draft | undefined {
    return this.#draft
  }

  /** Creates the draft: `record`, or a new session, with the operations applied. */
  open(record: SessionRecord | undefined): Draft {
    return (this.#draft = this.replay(this.#operations, record))
  }

  /** A copy of the draft, to be saved while the handler continues to change the original. */
  fork(record: SessionRecord | undefined): Draft {
    return (this.#draft ?? this.open(record)).fork()
  }

  /** The draft no longer matches the record: the next use opens a new one. */
  invalidateDraft(): void {
    this.#draft = undefined
  }

  /** Applies an operation to the draft and records it. */
  add(operation: Operation, draft: Draft): void {
    this.apply(operation, draft)
    this.revived.forgetReplaced(draft)
    this.#operations.push(operation)
  }

  /** Applies an operation without recording it. It may run a function of the application's. */
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
   * A function passed to `update` or `transaction` may run again: what it did to the session outside
   * the draft could not be undone.
   *
   * @throws {@link SessionStateError} while such a function runs.
   */
  assertIdle(): void {
    if (!this.#isApplying) return
    throw new SessionStateError(
      'a function passed to update or transaction must change only its argument, not the session',
    )
  }

  /** A new draft of `record`, or of a new session, with `operations` applied. */
  replay(operations: readonly Operation[], record: SessionRecord | undefined): Draft {
    const draft = new Draft(this.#settings, record ? readDocument(record) : noValues, record ?? anonymous)
    for (const operation of operations) this.apply(operation, draft)
    return draft
  }

  /** Hands the operations over to a save. The draft stays: the handler still sees their effect. */
  takeOperations(): readonly Operation[] {
    const taken = this.#operations
    this.#operations = []
    return taken
  }

  /** Takes back the operations of a save that changed nothing, before those recorded since. */
  putBack(operations: readonly Operation[]): void {
    this.#operations = [...operations, ...this.#operations]
  }

  /** Removes the operations that match, and their effect. Returns how many there were. */
  drop(isDropped: (operation: Operation) => boolean): number {
    const kept = this.#operations.filter((operation) => !isDropped(operation))
    const count = this.#operations.length - kept.length
    if (count === 0) return 0
    this.#operations = kept
    this.#draft = undefined
    return count
  }

  /** Removes the first operation that matches, and all that came after it. Returns how many there were. */
  dropFrom(isFirst: (operation: Operation) => boolean): number {
    let hasBegun = false
    return this.drop((operation) => (hasBegun ||= isFirst(operation)))
  }

  /** Discards everything that was recorded. Returns how many operations there were. */
  clear(): number {
    const count = this.#operations.length
    this.#operations = []
    this.#draft = undefined
    this.revived.clear()
    return count
  }
}

/** A value as it was handed out, and the encoded value behind it. */
interface Revived {
  readonly encoded: EncodedValue
  readonly value: object
}

/**
 * The Dates, Maps and similar values that one request has read: unlike plain JSON they cannot be frozen and shared. An
 * edit in place would save nothing, and is an error rather than silently lost. Before anything is saved they are
 * checked for edits in place.
 */
export class RevivedValues {
  #known: Map<string, Revived> | undefined

  /** The value of `encoded`: the same object for as long as the stored value stays the same. */
  revive(name: string, encoded: EncodedValue, codec: ValueCodec): unknown {
    const known = this.#known?.get(name)
    if (known?.encoded === encoded || known?.encoded.text === encoded.text) return known.value
    const value = codec.decode(encoded)
    if (typeof value === 'object' && value !== null && value !== encoded.json) {
      ;(this.#known ??= new Map()).set(name, { encoded, value })
    }
    return value
  }

  /** Forgets values that have been replaced: editing them beforehand was harmless. */
  forgetReplaced(draft: Draft): void {
    for (const [name, { encoded }] of this.#known ?? []) {
      if (draft.values.get(name)?.text !== encoded.text) this.#known?.delete(name)
    }
  }

  /** Forgets all values, because none of them will be saved. */
  clear(): void {
    this.#known = undefined
  }

  /**
   * Checks that no value was edited in place.
   *
   * @throws TypeError naming those that were.
   */
  assertNoEdits(codec: ValueCodec): void {
    const edited = [...(this.#known ?? [])].filter(([, { encoded, value }]) => {
      return codec.isEdited(value, encoded)
    })
    if (edited.length === 0) return
    const names = edited.map(([name]) => quote(name)).join(', ')
    throw new EditInPlaceError(`edited in place, which saves nothing: ${names}. Use update() or set()`)
  }
}

/** A TypeError of the library's own: unlike one that the application threw, its message holds no session data. */
export class EditInPlaceError extends TypeError {}
