// Reads the answers of scripts. Some options of drivers turn numbers into text.

import { SessionConfigError, SessionDecodeError } from '../../errors.ts'
import { outcome } from './record-scripts.ts'

/**
 * The number that a script answered.
 *
 * @throws {@link SessionDecodeError} when it found a text that is not a record, and {@link SessionConfigError}
 * for no number: a pipeline or an interface with callbacks has the methods of a client, but not their answers.
 */
export function readOutcome(reply: unknown): number {
  const number = Number(reply)
  if (!Number.isInteger(number) || reply === null) {
    throw new SessionConfigError(
      'redisStore: the client answers like neither node-redis nor ioredis; pipelines and callback interfaces do not work',
    )
  }
  if (number === outcome.malformed) throw new SessionDecodeError('the stored text is not a session record')
  return number
}

/** The parts of an answer that has several, as text. */
export function readTexts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : []
}
