// Reading and changing values by name. The same class serves a whole request and one transaction:
// what it works on is a workspace, either the session's state or the draft of a single operation.
// Every change is an operation, even `take` and `clear`, so that it can be replayed.

import type { EncodedValue, ValueCodec } from '../codec/value-codec.ts'
import { generateMessageId } from '../id/token.ts'
import type { Draft } from './draft.ts'
import { readMessages, reservedPrefix } from './flash.ts'
import { checkFunction, checkName } from './check-arguments.ts'
import { addFlash, clearValues, deleteValue, putValue, takeFlash, updateValue } from './operations.ts'
import type { Operation } from './operations.ts'
import type { Frozen, NameOf, SessionData, ValueOf } from './types.ts'

/** What {@link SessionValues} works on. @internal */
export interface Workspace {
  /** The draft as it stands. Throws when the session cannot be used. */
  currentDraft(): Draft
  /** Applies an operation to the draft, and remembers it for the commit. */
  change(operation: Operation): void
  /** The value behind `encoded`, remembered because it could be edited in place. @throws {@link SessionDecodeError} */
  revive(name: string, encoded: EncodedValue, codec: ValueCodec): unknown
}

/**
 * The values of a session: what a handler reads and changes, and what {@link Session.transaction}
 * hands to its function. All calls are synchronous.
 *
 * @example
 * ```ts
 * function addOne(values: SessionValues<{ visits: number }>): void {
 *   values.update('visits', (visits = 0) => visits + 1)
 * }
 * ```
 */
export class SessionValues<Data = SessionData> {
  readonly #workspace: Workspace

  /** @internal */
  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  /**
   * The value of a name, or `undefined`. Plain JSON comes frozen and may be shared between requests; a
   * Date, Map or the like is this request's own, and editing it in place throws at the end of the
   * request: use {@link update}.
   *
   * @example
   * ```ts
   * const theme = session.get('theme') ?? 'light'
   * ```
   * @throws {@link SessionDecodeError} when what is stored cannot be decoded.
   * @throws {@link SessionStoreError} when the session could not be loaded, as every method here.
   */
  get<Name extends NameOf<Data>>(name: Name): Frozen<ValueOf<Data, Name>> | undefined {
    checkName(name)
    return this.#read(name)
  }

  /**
   * Whether a value of that name is there, `undefined` included.
   *
   * @throws TypeError for a name that is reserved, empty or longer than 256 characters, as every method
   * here.
   */
  has(name: NameOf<Data>): boolean {
    checkName(name)
    return this.#workspace.currentDraft().values.has(name)
  }

  /**
   * Sets a value. It is encoded at once: later edits of the object you passed change nothing. When two
   * overlapping requests set one name, the last one wins, with an `overwritten` event; use {@link
   * update} for what builds on the former value.
   *
   * @example
   * ```ts
   * session.set('theme', 'dark')
   * ```
   * @throws TypeError naming the path, when the value holds what a session cannot carry.
   * @throws {@link SessionTooLargeError} when the session would exceed `maxSize`.
   * @throws {@link SessionStateError} for a new session after the head: its cookie could not be sent.
   */
  set<Name extends NameOf<Data>>(name: Name, value: ValueOf<Data, Name>): void {
    checkName(name)
    const { codec } = this.#workspace.currentDraft()
    this.#workspace.change(putValue(name, codec.encode(value, name)))
  }

  /**
   * Changes a value on the basis of what it is. `change` gets a copy that it may edit or answer
   * with what shall stand instead; `undefined` means the copy. It must be synchronous and pure,
   * because it runs again when another request changed the session first: so no update is lost.
   *
   * @example
   * ```ts
   * session.update('visits', (visits = 0) => visits + 1)
   * ```
   * @throws TypeError when `change` returns a promise.
   */
  update<Name extends NameOf<Data>>(
    name: Name,
    change: (value: ValueOf<Data, Name> | undefined) => ValueOf<Data, Name> | void,
  ): void {
    checkName(name)
    checkFunction('change', change)
    this.#workspace.change(updateValue(name, change as (value: unknown) => unknown))
  }

  /**
   * Removes a value. Does nothing when there is none. Under `strict`, and for the `overwritten` event,
   * it counts as a `set`.
   */
  delete(name: NameOf<Data>): void {
    checkName(name)
    this.#workspace.change(deleteValue(name))
  }

  /**
   * Reads a value and removes it. Two overlapping requests may both see it; see {@link
   * Session.consume}.
   *
   * @example
   * ```ts
   * const target = session.take('returnTo') ?? '/'
   * ```
   */
  take<Name extends NameOf<Data>>(name: Name): Frozen<ValueOf<Data, Name>> | undefined {
    const value = this.get(name)
    if (this.has(name)) this.#workspace.change(deleteValue(name))
    return value
  }

  /**
   * Removes all values, flash messages included. The session, its token and its user stay, and so
   * does what another request adds meanwhile.
   */
  clear(): void {
    this.#workspace.change(clearValues(new Set(this.#workspace.currentDraft().values.keys())))
  }

  /** The names of all values. */
  keys(): NameOf<Data>[] {
    const names = [...this.#workspace.currentDraft().values.keys()]
    return names.filter((name) => !name.startsWith(reservedPrefix)) as NameOf<Data>[]
  }

  /**
   * All names with their values, as {@link get} gives them. Flash messages are not among them.
   *
   * @example
   * ```ts
   * for (const [name, value] of session.entries()) console.log(name, typeof value)
   * ```
   */
  entries(): { [Name in NameOf<Data>]: [Name, Frozen<ValueOf<Data, Name>>] }[NameOf<Data>][] {
    return this.keys().map((name) => [name, this.#read(name)]) as ReturnType<this['entries']>
  }

  /**
   * Leaves a message for the next page, such as "Saved". Messages of one kind add up; none is lost when
   * requests overlap.
   *
   * @example
   * ```ts
   * session.flash('notice', 'Your address was saved.')
   * response.redirect('/account') // there: takeFlash('notice')
   * ```
   * @throws TypeError when the message is not a string.
   */
  flash(kind: string, message: string): void {
    checkName(kind)
    if (typeof message !== 'string')
      throw new TypeError(`message must be a string, received ${typeof message}`)
    this.#workspace.change(addFlash(kind, [generateMessageId(), message]))
  }

  /**
   * The messages of a kind, oldest first, and removes them. Each is shown at least once: a response
   * without a body, or one that fails, leaves them for the next. @throws {@link SessionDecodeError}
   * when somebody else has written to them
   */
  takeFlash(kind: string): readonly string[] {
    checkName(kind)
    const messages = readMessages(this.#workspace.currentDraft(), kind)
    if (messages.length > 0) this.#workspace.change(takeFlash(kind, messages))
    return messages.map(([, text]) => text)
  }

  /** Any name that is stored, though nobody could set it. */
  #read<Name extends NameOf<Data>>(name: Name): Frozen<ValueOf<Data, Name>> | undefined {
    const { values, codec } = this.#workspace.currentDraft()
    const encoded = values.get(name)
    return encoded && (this.#workspace.revive(name, encoded, codec) as Frozen<ValueOf<Data, Name>>)
  }
}
