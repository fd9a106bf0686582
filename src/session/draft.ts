// Where operations do their work. A draft begins as a record's values, shared with every request
// that reads the same version, and copies them at the first change (copy on write): most requests
// read only.

import type { EncodedValue, ValueCodec } from '../codec/value-codec.ts'
import { SessionTooLargeError } from '../errors.ts'
import type { EncodedValues } from '../codec/document.ts'

/** Whose session a draft is. */
export interface Identity {
  /** The user's id; absent for a visitor. */
  readonly userId?: string | undefined
  /** What the application noted at login. */
  readonly details?: string | undefined
}

/** How values are encoded, and how many bytes all of them together may take. */
export interface DraftSettings {
  /** From the option `codec`. */
  readonly codec: ValueCodec
  /** Bytes of UTF-8, names and punctuation included. */
  readonly maxSize: number
}

/**
 * What a session would be if it were saved now: the values and the identity, without times and
 * tokens. Operations are applied to a draft, first while the handler runs and once more, on a
 * fresh draft, when another request came first.
 */
export class Draft {
  readonly #settings: DraftSettings
  /** Whose session it would be. */
  userId: string | undefined
  /** What it would be called in a list of devices. */
  details: string | undefined
  /** A login happened: lifetimes start anew. */
  hasLoggedIn = false
  /** The verifier must be replaced. */
  isRotated = false
  #values: EncodedValues
  #own: Map<string, EncodedValue> | undefined
  #size: number | undefined

  constructor(settings: DraftSettings, values: EncodedValues, identity: Identity) {
    this.#settings = settings
    this.#values = values
    this.userId = Object.hasOwn(identity, 'userId') ? identity.userId : undefined
    this.details = Object.hasOwn(identity, 'details') ? identity.details : undefined
  }

  /** The same draft, apart: what changes one leaves the other as it is. */
  fork(): Draft {
    const fork = new Draft(this.#settings, this.#values, this)
    fork.hasLoggedIn = this.hasLoggedIn
    fork.isRotated = this.isRotated
    this.#own = undefined
    return fork
  }

  /** How values are encoded; operations need it to run a function of the application's. */
  get codec(): ValueCodec {
    return this.#settings.codec
  }

  /** The values by name, as they are now. */
  get values(): EncodedValues {
    return this.#values
  }

  /**
   * Sets an encoded value. The limit is checked here, so that whoever exceeds it hears of it at the
   * call.
   *
   * @throws {@link SessionTooLargeError} when all values together would exceed `maxSize`.
   */
  put(name: string, encoded: EncodedValue): void {
    const { maxSize } = this.#settings
    const former = this.#values.get(name)
    const size = this.#measure() + sizeOf(name, encoded) - (former ? sizeOf(name, former) : 0)
    if (size > maxSize) {
      const message = `'${name}' would make the session ${size} bytes; maxSize is ${maxSize}`
      throw new SessionTooLargeError(message, size, maxSize)
    }
    this.#editable().set(name, encoded)
    this.#size = size
  }

  /** Removes a value; fine when there is none. */
  remove(name: string): void {
    const encoded = this.#values.get(name)
    if (!encoded) return
    this.#size = this.#measure() - sizeOf(name, encoded)
    this.#editable().delete(name)
  }

  /** Keeps only the values whose names pass. */
  retain(isKept: (name: string) => boolean): void {
    for (const name of this.#values.keys()) if (!isKept(name)) this.remove(name)
  }

  /** The values of a record are shared by all who read it: copied at the first change. */
  #editable(): Map<string, EncodedValue> {
    if (!this.#own) this.#values = this.#own = new Map(this.#values)
    return this.#own
  }

  /** Bytes of all values with their names; counted once, then kept up. */
  #measure(): number {
    if (this.#size === undefined) {
      this.#size = 0
      for (const [name, encoded] of this.#values) this.#size += sizeOf(name, encoded)
    }
    return this.#size
  }
}

/** A name travels with its quotes, a colon and a comma. */
function sizeOf(name: string, encoded: EncodedValue): number {
  return Buffer.byteLength(name) + 4 + encoded.size
}
