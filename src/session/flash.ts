// Messages for the next page. They are stored like a value, under a reserved name. Each has an id, so
// that requests which add or take messages concurrently never affect each other's.

import { EncodedValue } from '../codec/value-codec.ts'
import { SessionDecodeError } from '../contract/errors.ts'
import type { Draft } from './draft.ts'

/** Names that begin with this are reserved for the library; the application cannot use them. */
export const reservedPrefix = '~'

const flashName = '~flash'

/** A message and its id, which identifies it when it is taken. */
export type Message = readonly [id: string, text: string]

type Messages = Readonly<Record<string, readonly Message[]>>

/**
 * The messages of a kind, oldest first.
 *
 * @throws {@link SessionDecodeError} when they are not what the library stored.
 */
export function readMessages(draft: Draft, kind: string): readonly Message[] {
  const all = readAll(draft)
  const messages: unknown = Object.hasOwn(all, kind) ? all[kind] : []
  if (Array.isArray(messages) && messages.every(isMessage)) return messages
  throw new SessionDecodeError('the stored flash messages are damaged')
}

function isMessage(value: unknown): value is Message {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string'
}

/** Adds a message after those of its kind. */
export function addMessage(draft: Draft, kind: string, message: Message): void {
  writeAll(draft, { ...readAll(draft), [kind]: [...readMessages(draft, kind), message] })
}

/** Removes the messages that were shown, but none that another request added meanwhile. */
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
