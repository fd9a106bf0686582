import {
  SessionConflictError,
  SessionDecodeError,
  SessionStateError,
  SessionStoreError,
} from '../../../src/contract/errors.ts'
import { loadOf } from '../history.ts'
import type { RequestRecord } from '../history.ts'
import { HandlerError } from '../world/perform.ts'
import type { Invariant } from './invariant.ts'

const timeout = 2000

export const storeDown: Invariant = {
  name: 'D15',
  claim: 'when the store fails, requests fail within bounded time with a 503, and nobody is logged in or out',
  shape: {
    operations: [
      'set',
      'increment',
      'login u1',
      'logout',
      'save',
      'consume',
      'read',
      'flash',
      'save unawaited',
    ],
    faults: [300, 600, 900],
    requests: 4,
  },
  *check(history) {
    for (const request of history.requests) {
      if (request.outcome === 'running') yield `request ${request.id} never ends`
      if (Math.max(0, ...request.waits) > bound(request)) yield `request ${request.id} waited too long`
      yield* findWrongErrors(request)
      if (request.hash && request.view && !loadOf(history, request))
        yield `request ${request.id} was treated as a visitor because the store failed`
      if (!(request.viewError instanceof SessionStoreError) || history.program.eager) continue
      const touched = history.effects.some(({ request: by, verb }) => by === request && verb !== 'read')
      if (touched) yield `request ${request.id} changed the store although it had read no session`
      if (request.cookie !== undefined)
        yield `request ${request.id} set a cookie although it had read no session`
    }
    for (const reason of history.unhandled) yield `a rejection was left unhandled: ${String(reason)}`
  },
}

/**
 * Removing and saving may take `timeout` each, plus the time of this request's saves that were not awaited. Others in line
 * prolong it by nothing.
 */
function bound({ steps }: RequestRecord): number {
  return 2 * timeout * (1 + steps.filter(({ operation }) => operation === 'save unawaited').length)
}

function* findWrongErrors(request: RequestRecord): Iterable<string> {
  const errors = [request.viewError, request.error, ...request.steps.map(({ error }) => error)]
  for (const error of errors.filter((each) => each !== undefined)) {
    const isTrouble = error instanceof SessionStoreError || error instanceof SessionConflictError
    const isOther =
      error instanceof SessionStateError ||
      error instanceof SessionDecodeError ||
      error instanceof HandlerError
    if (!isTrouble && !isOther) yield `request ${request.id} failed with ${String(error)}`
    const isDropped =
      error instanceof SessionConflictError && (error.reason === 'gone' || error.reason === 'replaced')
    if (isTrouble && error.status !== (isDropped ? 409 : 503))
      yield `request ${request.id} failed with ${error.status}`
  }
}
