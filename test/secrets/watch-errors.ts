import { inspect } from 'node:util'
import { search } from './search.ts'

let waiting: unknown[] = []

/** Looks at an error once its class has filled it in: message, stack, causes, properties and prints. */
export function searchSoon(error: unknown): void {
  if (waiting.push(error) === 1) queueMicrotask(searchErrors)
}

export function searchError(error: unknown): void {
  search('error', [error, inspect(error, { depth: 10 }), String(error)])
}

function searchErrors(): void {
  const errors = waiting
  waiting = []
  for (const error of errors) searchError(error)
}

/** Errors that nobody catches, and those made right before the end. */
export function watchErrors(): void {
  process.on('uncaughtExceptionMonitor', searchError)
  process.prependListener('exit', searchErrors)
}
