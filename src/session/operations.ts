// Everything that can be done to a session's values and identity, as data. An operation says how it
// edits a draft and how it gets on with other requests: two `set`s of one name collide, updates
// build on each other, a login is never replayed on somebody else's session. To add a verb, add an
// operation here.

import type { EncodedValue } from '../codec/value-codec.ts'
import type { Draft } from './draft.ts'
import { addMessage, dropMessages } from './flash.ts'
import type { Message } from './flash.ts'

/**
 * One recorded change. `apply` is pure but for the draft it edits: it runs again, on fresher
 * data, whenever another request was faster.
 */
export interface Operation {
  /** Gives what a transaction answers, for the rehearsal in tests. */
  apply(draft: Draft): unknown
  /** The name whose former value this one does not build upon: two of them collide. */
  readonly replaces?: string
  /** Starts a session of its own when the record's identity has changed meanwhile. */
  readonly isLogin?: true
  /** Takes what the response shows: of no effect on a response that shows nothing. */
  readonly takesFlash?: true
  /** Leads to a new token. */
  readonly rotates?: true
}

/** `set`: the last of two overlapping ones wins. */
export function putValue(name: string, encoded: EncodedValue): Operation {
  return { replaces: name, apply: (draft) => draft.put(name, encoded) }
}

/** `delete`, and the second half of `take`. */
export function deleteValue(name: string): Operation {
  return { replaces: name, apply: (draft) => draft.remove(name) }
}

/** Removes the values that were there when it was called: what another request adds meanwhile stays. */
export function clearValues(names: ReadonlySet<string>): Operation {
  return { apply: (draft) => draft.retain((name) => !names.has(name)) }
}

/** A function that waits could not be replayed. @throws TypeError */
export function assertSynchronous<Result>(call: string, result: Result): Result {
  const { then } = (result ?? {}) as { then?: unknown }
  if (typeof then !== 'function') return result
  Promise.resolve(result).catch(() => {})
  throw new TypeError(`${call}: the function must be synchronous, but it returned a promise`)
}

/**
 * `update`: `change` gets a copy to edit or returns what shall stand instead. It runs again on fresher
 * data, so the result of two overlapping updates is that of both. @throws TypeError when it returns a
 * promise
 */
export function updateValue(name: string, change: (value: unknown) => unknown): Operation {
  return {
    apply(draft) {
      const encoded = draft.values.get(name)
      const copy = encoded && draft.codec.copy(encoded)
      const result = assertSynchronous(`update('${name}')`, change(copy))
      const next = result === undefined ? copy : result
      if (next !== undefined || encoded) draft.put(name, draft.codec.encode(next, name))
    },
  }
}

/** `flash`: adds a message, beside those of other requests. */
export function addFlash(kind: string, message: Message): Operation {
  return { apply: (draft) => addMessage(draft, kind, message) }
}

/**
 * `takeFlash`: removes the messages that were shown and no others, and none when the response has no
 * body.
 */
export function takeFlash(kind: string, shown: readonly Message[]): Operation {
  return { takesFlash: true, apply: (draft) => dropMessages(draft, kind, shown) }
}

/** Keeps the data of a visitor or of the same user; another user's data is dropped (CVE-2023-29020). */
export function login(
  userId: string,
  details: string | undefined,
  carryOver: readonly string[] | undefined,
): Operation {
  return {
    isLogin: true,
    rotates: true,
    apply(draft) {
      const isStranger = draft.userId !== undefined && draft.userId !== userId
      if (isStranger) draft.retain(() => false)
      else if (carryOver) draft.retain((name) => carryOver.includes(name))
      draft.userId = userId
      draft.details = details
      draft.hasLoggedIn = true
      draft.isRotated = true
    },
  }
}

/** `regenerateId`: a new verifier, the same record. */
export function rotate(): Operation {
  return { rotates: true, apply: (draft) => void (draft.isRotated = true) }
}
