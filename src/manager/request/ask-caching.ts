// What the option `caching` says about a request. The head waits for the answer, so it cannot be a promise.

import { createOptionError } from '../../options.ts'
import type { ManagerSettings } from '../resolve-options.ts'
import type { RequestLine } from '../session-options.ts'

/**
 * The answer for a request of which an adapter may not have told method and path. A function that throws or
 * answers otherwise must not make the response fail, nor a page public: that counts as `'private'`, with an event.
 */
export function askCaching(
  { caching, emit }: ManagerSettings,
  line: RequestLine | undefined,
): 'private' | 'vary' {
  if (typeof caching !== 'function') return caching
  if (!line) return 'private'
  const report = (error: unknown): void => emit({ type: 'failed', during: 'caching', error: error as Error })
  let answer: unknown
  try {
    answer = caching(line)
  } catch (error) {
    report(error)
    return 'private'
  }
  if (answer === 'private' || answer === 'vary') return answer
  // A promise that rejects must not end the process.
  Promise.resolve(answer).catch(() => {})
  report(createOptionError('caching', answer, "a function that returns 'private' or 'vary', and no promise"))
  return 'private'
}
