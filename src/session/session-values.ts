// Reading and changing values by name. The same class serves a request and a transaction: it works on
// a workspace, which is either the session's state or the draft of a single operation. Every change,
// even `take` and `clear`, is an operation, so that it can be replayed.

import type { EncodedValue, ValueCodec } from '../codec/value-codec.ts'
import { generateMessageId } from '../id/token.ts'
import { checkFunction, checkName, checkString } from './check-arguments.ts'
import type { Draft } from './draft.ts'
import { readMessages, reservedPrefix } from './flash.ts'
import { freezeClass } from './freeze-class.ts'
import {
  addFlash,
  clearValues,
  deleteValue,
  putValue,
  takeFlash,
  takeValue,
  updateValue,
} from './operations.ts'
import type { Operation } from './operations.ts'
import type { DataOf, Frozen, NameOf, SessionData, ValueOf } from './types.ts'

/**
 * What {@link SessionValues} works on.
 *
 * @internal
 */
export interface Workspace {
  /**
   * The current draft.
   *
   * @throws {@link SessionError} when the session cannot be used.
   */
  currentDraft(): Draft
  /**
   * Makes sure that the values can be changed.
   *
   * @throws {@link SessionError} when they cannot.
   */
  assertWritable(): unknown
  /** Applies an operation to the draft and, for a session, records it for the next save. */
  change(operation: Operation): void
  /**
   * The value of `encoded`, remembered because it could be edited in place.
   *
   * @throws {@link SessionDecodeError} when it cannot be decoded.
   */
  revive(name: string, encoded: EncodedValue, codec: ValueCodec): unknown
}

// Names are typed `keyof DataOf<Data> & string` and not `NameOf<Data>`, so that the compiler's error for a
// wrong name lists the right ones.

/**
 * The values of a session, which a handler reads and changes, and which {@link Session.transaction}
 * passes to its function. All methods are synchronous.
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
    // A session has another private part, and freezes itself.
    if (new.target === SessionValues) Object.freeze(this)
  }

  /**
   * Returns the value stored under a name, or `undefined`. Plain JSON is frozen and may be shared
   * between requests. A Date, Map or the like belongs to this request, but editing it in place throws
   * at the end of the request: use {@link update}.
   *
   * @example
   * ```ts
   * const theme = session.get('theme') ?? 'light'
   * ```
   * @throws {@link SessionDecodeError} when the stored value cannot be decoded.
   * @throws {@link SessionStoreError} when the session could not be loaded; so does every method here.
   */
  get<Name extends keyof DataOf<Data> & string>(name: Name): Frozen<ValueOf<Data, Name>> | undefined {
    checkName(name)
    return this.#read(name)
  }

  /**
   * Whether a value is stored under this name; a stored `undefined` counts.
   *
   * @throws TypeError when the name is reserved, empty or longer than 256 characters; so does every
   * method here.
   */
  has(name: keyof DataOf<Data> & string): boolean {
    checkName(name)
    return this.#workspace.currentDraft().values.has(name)
  }

  /**
   * Stores a value. It is encoded at once: later edits of the object you passed have no effect. If two
   * concurrent requests set the same name, the last one wins and an `overwritten` event is emitted; if
   * the new value depends on the old one, use {@link update}.
   *
   * @example
   * ```ts
   * session.set('theme', 'dark')
   * ```
   * @throws TypeError naming the path of anything in the value that cannot be stored.
   * @throws {@link SessionTooLargeError} when the session would exceed `maxSize`.
   * @throws {@link SessionStateError} for a new session after the response headers were sent: its
   * cookie could not be sent.
   */
  set<Name extends keyof DataOf<Data> & string>(name: Name, value: ValueOf<Data, Name>): void {
    checkName(name)
    const { codec } = this.#workspace.currentDraft()
    this.#workspace.change(putValue(name, codec.encode(value, name)))
  }

  /**
   * Changes a value based on its current one. `change` receives a copy: edit it and return nothing, or
   * return the new value. It must be synchronous and pure: it runs again if another request saved
   * first, so that no update is lost.
   *
   * Returning nothing means the copy. Where no value is stored there is none: an edit of a default, as in
   * `(cart = []) => { cart.push(item) }`, is lost, so return it. `undefined` never deletes.
   *
   * @example
   * ```ts
   * session.update('visits', (visits = 0) => visits + 1)
   * ```
   * @throws TypeError when `change` returns a promise.
   */
  update<Name extends keyof DataOf<Data> & string>(
    name: Name,
    change: (value: ValueOf<Data, Name> | undefined) => ValueOf<Data, Name> | void,
  ): void {
    checkName(name)
    checkFunction('change', change)
    this.#workspace.change(updateValue(name, change as (value: unknown) => unknown))
  }

  /**
   * Removes a value, if there is one. Counts as a `set` under `strict` and for `overwritten` events.
   */
  delete(name: keyof DataOf<Data> & string): void {
    checkName(name)
    this.#workspace.change(deleteValue(name))
  }

  /**
   * Returns a value and removes it. Two concurrent requests may both receive it; to prevent that, use
   * {@link Session.consume}.
   *
   * @example
   * ```ts
   * const target = session.take('returnTo') ?? '/'
   * ```
   */
  take<Name extends keyof DataOf<Data> & string>(name: Name): Frozen<ValueOf<Data, Name>> | undefined {
    this.#workspace.assertWritable()
    const value = this.get(name)
    if (this.has(name)) this.#workspace.change(takeValue(name))
    return value
  }

  /**
   * Removes all values, flash messages included. The session keeps its token, its user, and any values
   * that another request adds meanwhile.
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
   * All names with their values, as {@link get} returns them, without flash messages.
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
   * Leaves a message for the next page, such as "Saved". Messages of one kind accumulate; concurrent
   * requests lose none.
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
    checkString('message', message)
    this.#workspace.change(addFlash(kind, [generateMessageId(), message]))
  }

  /**
   * Returns the messages of a kind, oldest first, and removes them. Each is shown at least once: a
   * response that fails, or answers a HEAD request, leaves them for the next one.
   *
   * @example
   * ```ts
   * const notices = session.takeFlash('notice')
   * ```
   * @throws {@link SessionDecodeError} when the stored messages are damaged.
   */
  takeFlash(kind: string): readonly string[] {
    checkName(kind)
    const messages = readMessages(this.#workspace.currentDraft(), kind)
    if (messages.length > 0) this.#workspace.change(takeFlash(kind, messages))
    return messages.map(([, text]) => text)
  }

  /** Accepts any stored name, even one that `set` would refuse. */
  #read<Name extends keyof DataOf<Data> & string>(name: Name): Frozen<ValueOf<Data, Name>> | undefined {
    const { values, codec } = this.#workspace.currentDraft()
    const encoded = values.get(name)
    return encoded && (this.#workspace.revive(name, encoded, codec) as Frozen<ValueOf<Data, Name>>)
  }
}

freezeClass(SessionValues)
