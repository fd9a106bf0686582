import { Fragment } from '../codec/fragment.ts'
import type { Draft } from './draft.ts'

/** Names that begin with this are the library's own, and refused from the application. */
export const reservedPrefix = '~'

const flashName = '~flash'

type Messages = Readonly<Record<string, readonly string[]>>

export function readMessages(draft: Draft, kind: string): readonly string[] {
  const all = readAll(draft)
  return Object.hasOwn(all, kind) ? (all[kind] ?? []) : []
}

export function addMessage(draft: Draft, kind: string, message: string): void {
  writeAll(draft, { ...readAll(draft), [kind]: [...readMessages(draft, kind), message] })
}

/** Drops the oldest `count`: a message that another request added meanwhile stays. */
export function dropMessages(draft: Draft, kind: string, count: number): void {
  const { [kind]: messages = [], ...others } = readAll(draft)
  const left = messages.slice(count)
  writeAll(draft, left.length > 0 ? { ...others, [kind]: left } : others)
}

function readAll(draft: Draft): Messages {
  return (draft.fragments.get(flashName)?.json ?? {}) as Messages
}

function writeAll(draft: Draft, messages: Messages): void {
  if (Object.keys(messages).length === 0) draft.remove(flashName)
  else draft.put(flashName, Fragment.fromText(JSON.stringify(messages)))
}
