// Plain JSON can be frozen and shared; a Date or a Map cannot be frozen. Such values are made anew
// for each request and remembered, so that editing one in place, which saves nothing, is an error
// and not a loss.

import type { EncodedValue, ValueCodec } from '../codec/value-codec.ts'
import type { Draft } from './draft.ts'

interface Revived {
  readonly encoded: EncodedValue
  readonly value: object
}

/**
 * The Dates, Maps and the like that were handed out. They cannot be frozen, so an edit in place is
 * looked for before anything is saved: it would otherwise be lost in silence.
 */
export class RevivedValues {
  #known: Map<string, Revived> | undefined

  /** The value behind `encoded`: one and the same object as long as the stored value is the same. */
  revive(name: string, encoded: EncodedValue, codec: ValueCodec): unknown {
    const known = this.#known?.get(name)
    if (known?.encoded === encoded || known?.encoded.text === encoded.text) return known.value
    const value = codec.decode(encoded)
    if (typeof value === 'object' && value !== null && value !== encoded.json) {
      ;(this.#known ??= new Map()).set(name, { encoded, value })
    }
    return value
  }

  /** Values that were replaced on purpose may have been edited before. */
  forgetReplaced(draft: Draft): void {
    for (const [name, { encoded }] of this.#known ?? []) {
      if (draft.values.get(name)?.text !== encoded.text) this.#known?.delete(name)
    }
  }

  /** Forgets what was handed out: nothing of it will be saved. */
  clear(): void {
    this.#known = undefined
  }

  /** @throws TypeError naming the values that were edited in place. */
  assertNoEdits(codec: ValueCodec): void {
    const edited = [...(this.#known ?? [])].filter(([, { encoded, value }]) => {
      return codec.isEdited(value, encoded)
    })
    if (edited.length === 0) return
    const names = edited.map(([name]) => `'${name}'`).join(', ')
    throw new TypeError(`${names} was edited in place, which saves nothing: use update() or set()`)
  }
}
