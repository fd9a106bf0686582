import type { Fragment, FragmentCodec } from '../codec/fragment.ts'
import { SessionTooLargeError } from '../errors.ts'
import type { Fragments } from '../codec/document.ts'

/** Whose session a draft is. */
export interface Identity {
  readonly userId?: string | undefined
  readonly details?: string | undefined
}

/** How values are encoded, and how many bytes all of them together may take. */
export interface DraftSettings {
  readonly codec: FragmentCodec
  readonly maxSize: number
}

/**
 * What a session would be if it were saved now: the values and the identity, without times and
 * tokens. Operations are applied to a draft, first while the handler runs and once more, on a
 * fresh draft, when another request came first.
 */
export class Draft {
  readonly #settings: DraftSettings
  userId: string | undefined
  details: string | undefined
  /** A login happened: lifetimes start anew. */
  hasLoggedIn = false
  /** The verifier must be replaced. */
  isRotated = false
  #fragments: Fragments
  #own: Map<string, Fragment> | undefined

  constructor(settings: DraftSettings, fragments: Fragments, identity: Identity) {
    this.#settings = settings
    this.#fragments = fragments
    this.userId = identity.userId
    this.details = identity.details
  }

  get codec(): FragmentCodec {
    return this.#settings.codec
  }

  get fragments(): Fragments {
    return this.#fragments
  }

  /** @throws {@link SessionTooLargeError} */
  put(name: string, fragment: Fragment): void {
    const { maxSize } = this.#settings
    let size = fragment.size
    for (const [each, other] of this.#fragments) if (each !== name) size += other.size
    if (size > maxSize) {
      throw new SessionTooLargeError(
        `'${name}' would make the session ${size} bytes; maxSize is ${maxSize}`,
        size,
        maxSize,
      )
    }
    this.#editable().set(name, fragment)
  }

  remove(name: string): void {
    if (this.#fragments.has(name)) this.#editable().delete(name)
  }

  /** Keeps only the values whose names pass. */
  retain(isKept: (name: string) => boolean): void {
    for (const name of this.#fragments.keys()) if (!isKept(name)) this.remove(name)
  }

  /** The fragments of a record are shared by all who read it: copied at the first change. */
  #editable(): Map<string, Fragment> {
    if (!this.#own) this.#fragments = this.#own = new Map(this.#fragments)
    return this.#own
  }
}
