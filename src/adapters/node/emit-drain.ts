// Telling a paused source to go on. It is simple on a bare response, and is not when a middleware
// has moved the listeners to a stream of its own.

import { EventEmitter } from 'node:events'
import type { Writable } from 'node:stream'
import type { LooseResponse } from './loose-response.ts'

/**
 * Emits `drain` where those hear it who listen on the response. Compression may move their listeners to a
 * stream of its own, which `on` then returns, and itself listen on the response.
 */
export function emitDrain(response: LooseResponse): void {
  const taker: unknown = response.on('drain', ignore)
  const emitters = new Set([response, taker instanceof EventEmitter ? (taker as Writable) : response])
  for (const emitter of emitters) {
    emitter.removeListener('drain', ignore)
    if (!emitter.writableNeedDrain) emitter.emit('drain')
  }
}

function ignore(): void {}
