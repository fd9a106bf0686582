// The changes to a session's values and identity, as data. An operation defines how it edits a draft
// and how it combines with those of other requests: two `set`s of one name conflict, updates build on
// each other, and a login is never replayed on another user's session. A transaction, which wraps
// operations, is one too: see transaction.ts. To add a method that changes a session, add an operation.

import type { EncodedValue } from '../codec/value-codec.ts'
import { quote } from '../quote.ts'
import type { Draft, Rotation } from './draft.ts'
import { addMessage, dropMessages, reservedPrefix } from './flash.ts'
import type { Message } from './flash.ts'

/**
 * One recorded change. `apply` has no side effect but on the draft: it runs again, on newer data,
 * whenever another request saved first.
 */
export interface Operation {
  /** Edits the draft. Returns the result of a transaction, which the rehearsal in tests compares. */
  apply(draft: Draft): unknown
  /** The name whose former value this operation ignores: two operations that replace one name conflict. */
  readonly replaces?: string | undefined
  /** Starts a separate session if the record's identity has changed meanwhile. */
  readonly isLogin?: true | undefined
  /** Removes flash messages; undone when the request was HEAD. */
  readonly takesFlash?: true | undefined
  /** Only removes what was shown: nothing that a page claims is missing when it is dropped. */
  readonly isTake?: true | undefined
  /** Requires a new token. See {@link Rotation}. */
  readonly rotates?: Rotation | undefined
}

/** What an operation is not. Own properties, so that a polluted prototype lends none to it (CWE-1321). */
export const plainOperation: Omit<Operation, 'apply'> = {
  replaces: undefined,
  isLogin: undefined,
  takesFlash: undefined,
  isTake: undefined,
  rotates: undefined,
}

/** `set`: the last of two concurrent ones wins. */
export function putValue(name: string, encoded: EncodedValue): Operation {
  return { ...plainOperation, replaces: name, apply: (draft) => draft.put(name, encoded) }
}

/** `delete`. */
export function deleteValue(name: string): Operation {
  return { ...plainOperation, replaces: name, apply: (draft) => draft.remove(name) }
}

/** The second half of `take`. */
export function takeValue(name: string): Operation {
  return { ...deleteValue(name), isTake: true }
}

/** `clear`: removes the values that existed at the call, but none that another request adds meanwhile. */
export function clearValues(names: ReadonlySet<string>): Operation {
  return { ...plainOperation, apply: (draft) => draft.retain((name) => !names.has(name)) }
}

/**
 * `update`: `change` edits a copy of the value or returns a new one. It is replayed on newer data, so
 * two concurrent updates both take effect.
 */
export function updateValue(name: string, change: (value: unknown) => unknown): Operation {
  return {
    ...plainOperation,
    apply(draft) {
      const encoded = draft.values.get(name)
      const copy = encoded && draft.codec.copy(encoded)
      const result = assertSynchronous(`update(${quote(name)})`, change(copy))
      const next = result === undefined ? copy : result
      if (next !== undefined || encoded) draft.put(name, draft.codec.encode(next, name))
    },
  }
}

/** `flash`: adds a message to those that other requests add. */
export function addFlash(kind: string, message: Message): Operation {
  return { ...plainOperation, apply: (draft) => addMessage(draft, kind, message) }
}

/** `takeFlash`: removes the messages that were shown and no others. */
export function takeFlash(kind: string, shown: readonly Message[]): Operation {
  return {
    ...plainOperation,
    takesFlash: true,
    isTake: true,
    apply: (draft) => dropMessages(draft, kind, shown),
  }
}

/**
 * `login`: keeps the data of an anonymous visitor or of the same user, and drops another user's
 * (CVE-2023-29020).
 */
export function login(
  userId: string,
  details: string | undefined,
  carryOver: readonly string[] | undefined,
): Operation {
  return {
    ...plainOperation,
    isLogin: true,
    rotates: 'hard',
    apply(draft) {
      const isStranger = draft.userId !== undefined && draft.userId !== userId
      if (isStranger) draft.retain(() => false)
      else if (carryOver) draft.retain((name) => carryOver.includes(name) || name.startsWith(reservedPrefix))
      draft.userId = userId
      draft.details = details
      draft.hasLoggedIn = true
      draft.rotation = 'hard'
    },
  }
}

/** `regenerateId` and `revokeOthers`: a new verifier, the same record. */
export function rotate(rotation: Rotation): Operation {
  return {
    ...plainOperation,
    rotates: rotation,
    apply: (draft) => void (draft.rotation = draft.rotation === 'hard' ? 'hard' : rotation),
  }
}

/**
 * Returns the result of an application's function, unless it is a promise: such a function could not be
 * replayed.
 *
 * @throws TypeError naming `call` when it is.
 */
export function assertSynchronous<Result>(call: string, result: Result): Result {
  const { then } = (result ?? {}) as { then?: unknown }
  if (typeof then !== 'function') return result
  Promise.resolve(result).catch(() => {})
  throw new TypeError(`${call}: the function must be synchronous, but it returned a promise`)
}

/** Whether one of the operations replaces the token. */
export function isRotating(operations: readonly Operation[]): boolean {
  return operations.some(({ rotates }) => rotates !== undefined)
}
