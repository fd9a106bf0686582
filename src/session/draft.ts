// What operations edit. A draft starts with a record's values, which all requests that read the same
// version share, and copies them at the first change (copy on write), because most requests only read.

import type { EncodedValue, EncodedValues, ValueCodec } from '../codec/value-codec.ts'
import { SessionTooLargeError } from '../contract/errors.ts'
import type { SessionError } from '../contract/errors.ts'
import { quote } from '../quote.ts'
import type { TimeSettings } from './lifetime.ts'

/** Whose session it is. */
export interface Identity {
  /** The user's id; absent for an anonymous visitor. */
  readonly userId?: string | undefined
  /** The application's note from login. */
  readonly details?: string | undefined
}

/**
 * Why a token is replaced. `hard`: the old one may be a thief's, so it ends at once, with all that was loaded by it.
 * `soft`: it opens nothing more, but requests that had loaded the session keep their changes.
 */
export type Rotation = 'hard' | 'soft'

/** How values are encoded, and how large all of them together may be. */
export interface DraftSettings {
  /** From the option `codec`. */
  readonly codec: ValueCodec
  /** The largest size of the data in bytes of UTF-8, including names and punctuation. */
  readonly maxSize: number
}

/** What a session needs of its manager's settings. The manager, a layer above, adds what it needs itself. */
export interface StateSettings extends DraftSettings, TimeSettings {
  /** Whose sessions these are: part of every key and owner. */
  readonly realm: string
  /** Whether a new session replaces a record that cannot be read. All values are then decoded at the first use. */
  readonly discardsUnreadable: boolean
  /** Tells of a record that cannot be read. */
  readonly reportUnreadable: (error: SessionError, handle: string | undefined) => void
  /** Tells of changes that were dropped with the login of a client that has hung up. */
  readonly reportUndeliverable: (state: { readonly handle: string }, count: number) => void
  /** Tells of a `save`, `consume` or `transaction` that failed and that nobody awaited. */
  readonly reportUnawaited: (error: Error, handle: string) => void
}

/**
 * The state that a save would store: values and identity, without times and tokens. Operations are
 * applied to a draft while the handler runs, and again, to a fresh draft, when another request saved
 * first.
 */
export class Draft {
  readonly #settings: DraftSettings
  /** As in {@link Identity}. */
  userId: string | undefined
  /** As in {@link Identity}. */
  details: string | undefined
  /** Whether there was a login, which restarts the lifetime. */
  hasLoggedIn = false
  /** Why the verifier must be replaced; `undefined` when it stays. */
  rotation: Rotation | undefined
  #values: EncodedValues
  #own: Map<string, EncodedValue> | undefined
  #size: number | undefined

  constructor(settings: DraftSettings, values: EncodedValues, identity: Identity) {
    this.#settings = settings
    this.#values = values
    this.userId = Object.hasOwn(identity, 'userId') ? identity.userId : undefined
    this.details = Object.hasOwn(identity, 'details') ? identity.details : undefined
  }

  /** An independent copy: neither sees the other's later changes. */
  fork(): Draft {
    const fork = new Draft(this.#settings, this.#values, this)
    fork.hasLoggedIn = this.hasLoggedIn
    fork.rotation = this.rotation
    fork.#size = this.#size
    this.#own = undefined
    return fork
  }

  /** The codec, for operations that run a function of the application. */
  get codec(): ValueCodec {
    return this.#settings.codec
  }

  /** The current values by name. */
  get values(): EncodedValues {
    return this.#values
  }

  /**
   * Sets an encoded value. The limit is checked here, so that the call that would exceed it throws.
   *
   * @throws {@link SessionTooLargeError} when all values together would exceed `maxSize`.
   */
  put(name: string, encoded: EncodedValue): void {
    const { maxSize } = this.#settings
    const former = this.#values.get(name)
    const size = this.#measure() + sizeOf(name, encoded) - (former ? sizeOf(name, former) : 0)
    if (size > maxSize) {
      const message = `${quote(name)} would make the session ${size} bytes; maxSize is ${maxSize}`
      throw new SessionTooLargeError(message, size, maxSize)
    }
    this.#editable().set(name, encoded)
    this.#size = size
  }

  /** Removes a value, if there is one. */
  remove(name: string): void {
    const encoded = this.#values.get(name)
    if (!encoded) return
    this.#size = this.#measure() - sizeOf(name, encoded)
    this.#editable().delete(name)
  }

  /** Removes all values but those with accepted names. */
  retain(isKept: (name: string) => boolean): void {
    for (const name of this.#values.keys()) if (!isKept(name)) this.remove(name)
  }

  /** Copies the record's values, which other requests share, before the first change. */
  #editable(): Map<string, EncodedValue> {
    if (!this.#own) this.#values = this.#own = new Map(this.#values)
    return this.#own
  }

  /** The size of all values with their names; computed once, then kept up to date. */
  #measure(): number {
    if (this.#size === undefined) {
      this.#size = 0
      for (const [name, encoded] of this.#values) this.#size += sizeOf(name, encoded)
    }
    return this.#size
  }
}

/** The size in the record's data: a name has two quotes, a colon and a comma. */
function sizeOf(name: string, encoded: EncodedValue): number {
  return Buffer.byteLength(name) + 4 + encoded.size
}
