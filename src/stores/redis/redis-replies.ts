// Reads the answers of scripts. Some options of drivers turn numbers into text, or text into bytes.

import { SessionConfigError, SessionDecodeError } from '../../contract/errors.ts'
import { outcome } from './redis-record-scripts.ts'

/**
 * An answer with text where a driver is set to return bytes, as with a type mapping of node-redis. Everything the
 * store writes is UTF-8.
 */
export function decodeBytes(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(decodeBytes)
  return reply instanceof Uint8Array ? new TextDecoder().decode(reply) : reply
}

/**
 * The number that a script answered.
 *
 * @throws {@link SessionDecodeError} when it found a text that is not a record, and {@link SessionConfigError}
 * for no number: a pipeline or an interface with callbacks has the methods of a client, but not their answers.
 */
export function readOutcome(reply: unknown): number {
  const number = readNumber(reply)
  if (number === outcome.malformed) throw new SessionDecodeError('the stored text is not a session record')
  return number
}

/** The parts of an answer that has several, the outcome first. See {@link readOutcome}. */
export function readParts(reply: unknown): readonly unknown[] {
  const parts = Array.isArray(reply) ? (reply as readonly unknown[]) : [reply]
  readNumber(parts[0])
  return parts
}

/** The parts of an answer that has several, as text. */
export function readTexts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : []
}

function readNumber(reply: unknown): number {
  const number = Number(reply)
  if (Number.isInteger(number) && reply !== null) return number
  throw new SessionConfigError(
    'redisStore: the client answers like neither node-redis nor ioredis; pipelines and callback interfaces do not work',
  )
}
