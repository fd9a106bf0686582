// Messages for the next page. They live under a reserved name, like any value, and each has an id:
// two requests that add or take at the same time then never touch each other's.

import { EncodedValue } from '../codec/value-codec.ts'
import { SessionDecodeError } from '../errors.ts'
import type { Draft } from './draft.ts'

/** Names that begin with this are the library's own, and refused from the application. */
export const reservedPrefix = '~'

const flashName = '~flash'

/** A message with an id of its own, so that taking one never takes another that came meanwhile. */
export type Message = readonly [id: string, text: string]

type Messages = Readonly<Record<string, readonly Message[]>>

/** @throws {@link SessionDecodeError} when somebody else has written there. */
export function readMessages(draft: Draft, kind: string): readonly Message[] {
  const all = readAll(draft)
  const messages: unknown = Object.hasOwn(all, kind) ? all[kind] : []
  if (Array.isArray(messages) && messages.every(isMessage)) return messages
  throw new SessionDecodeError('the stored flash messages are damaged')
}

function isMessage(value: unknown): value is Message {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string'
}

/** Adds one at the end of its kind. */
export function addMessage(draft: Draft, kind: string, message: Message): void {
  writeAll(draft, { ...readAll(draft), [kind]: [...readMessages(draft, kind), message] })
}

/** Drops the messages that were shown: one that another request added meanwhile stays. */
export function dropMessages(draft: Draft, kind: string, shown: readonly Message[]): void {
  const ids = new Set(shown.map(([id]) => id))
  const left = readMessages(draft, kind).filter(([id]) => !ids.has(id))
  const { [kind]: _, ...others } = readAll(draft)
  writeAll(draft, left.length > 0 ? { ...others, [kind]: left } : others)
}

function readAll(draft: Draft): Messages {
  return Object(draft.values.get(flashName)?.json) as Messages
}

function writeAll(draft: Draft, messages: Messages): void {
  if (Object.keys(messages).length === 0) draft.remove(flashName)
  else draft.put(flashName, EncodedValue.fromText(JSON.stringify(messages)))
}
