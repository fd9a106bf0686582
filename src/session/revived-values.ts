// Plain JSON is frozen and shared, but a Date or a Map cannot be frozen. Such values are decoded for
// each request and remembered. Editing one in place saves nothing, so it is reported as an error
// rather than silently lost.

import type { EncodedValue, ValueCodec } from '../codec/value-codec.ts'
import { quote } from '../quote.ts'
import type { Draft } from './draft.ts'

/** A value as it was handed out, and the encoded value behind it. */
interface Revived {
  readonly encoded: EncodedValue
  readonly value: object
}

/**
 * The Dates, Maps and similar values that one request has read. Before anything is saved they are
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
