// Reads the answers of scripts. Some options of drivers turn numbers into text.

import { SessionDecodeError } from '../../errors.ts'
import { outcome } from './record-scripts.ts'

/**
 * The number that a script answered.
 *
 * @throws {@link SessionDecodeError} when it found a text that is not a record.
 */
export function readOutcome(reply: unknown): number {
  const number = Number(reply)
  if (number === outcome.malformed) throw new SessionDecodeError('the stored text is not a session record')
  return number
}

/** The parts of an answer that has several, as text. */
export function readTexts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : []
}
