// Resumes a source that waits for `drain`. On a bare response that is one `emit`; it is not when a
// middleware has moved the listeners to a stream of its own.

import { EventEmitter } from 'node:events'
import type { Writable } from 'node:stream'
import type { NodeResponse } from './node-response.ts'

/**
 * Emits `drain` to everything that listens for it on the response. Compression middleware may redirect
 * listeners to its own stream, which `on` then returns, while it listens on the response itself. Adding
 * a listener reveals both.
 */
export function emitDrain(response: NodeResponse): void {
  const listenedTo: unknown = response.on('drain', ignore)
  const emitters = new Set([
    response,
    listenedTo instanceof EventEmitter ? (listenedTo as Writable) : response,
  ])
  for (const emitter of emitters) {
    emitter.removeListener('drain', ignore)
    if (!emitter.writableNeedDrain) emitter.emit('drain')
  }
}

function ignore(): void {}
