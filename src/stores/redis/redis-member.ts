// The members of a user's set: handle and key in one text, so that a list is in an order of handles and a session
// can be found by either. A member of 59 characters leaves small sets in Redis's compact encoding, which ends at
// 64 bytes (`zset-max-listpack-value`); both in hex would have 88. redis-lua-parts.ts does the same in Lua.

import type { ListPosition } from '../../contract/capabilities.ts'

/** A session as a member of its user's set names it. */
export interface Member {
  /** The text of the member. */
  readonly text: string
  readonly handle: string
  readonly key: string
}

/** Where a set is read from: after all members of a smaller score, and of this score up to `text`. */
export interface SetPosition {
  readonly score: number
  readonly text: string
}

/** Before the first member. */
export const startOfSet: SetPosition = { score: -1, text: '' }

const compactHandle = /^[0-9a-f]{24}$/
const compactKey = /^[0-9a-f]{64}$/
const compactHandleLength = 16

/** After every character of a member. */
const last = '\u007F'

/** The member of a session. */
export function encodeMember(handle: string, key: string): string {
  return encodeHandle(handle) + encodeKey(key)
}

/** The part of a member that is its handle: in base64url if it is what the library makes, else a JSON string. */
export function encodeHandle(handle: string): string {
  return encodePart(handle, compactHandle)
}

/** The part of a member that is its key. */
export function encodeKey(key: string): string {
  return encodePart(key, compactKey)
}

/** Handle and key of a member. */
export function decodeMember(text: string): Member {
  const [literal] = /^"(?:[^"\\]|\\.)*"/.exec(text) ?? []
  const handleLength = literal?.length ?? compactHandleLength
  const key = decodePart(text.slice(handleLength))
  return { text, handle: decodePart(text.slice(0, handleLength)), key }
}

/** The handle of the first part of a member, or of a JSON string. */
export function decodeHandle(part: string): string {
  return decodePart(part)
}

/** Where a page that begins after `after` begins in the set. */
export function positionAfter(after: ListPosition | undefined): SetPosition {
  if (after === undefined) return startOfSet
  return { score: after.endsAt, text: encodeHandle(after.handle) + last }
}

/** The order of a set: by score, then by bytes. */
export function comparePositions(one: SetPosition, other: SetPosition): number {
  if (one.score !== other.score) return one.score - other.score
  return Buffer.compare(Buffer.from(one.text), Buffer.from(other.text))
}

function encodePart(text: string, compact: RegExp): string {
  return compact.test(text) ? Buffer.from(text, 'hex').toString('base64url') : JSON.stringify(text)
}

function decodePart(part: string): string {
  if (!part.startsWith('"')) return Buffer.from(part, 'base64url').toString('hex')
  const text: unknown = JSON.parse(part)
  return String(text)
}
