import { EventEmitter } from 'node:events'
import type { Writable } from 'node:stream'
import type { LooseResponse } from './loose-response.ts'

/**
 * Emits `drain` where those hear it who listen on the response. Middleware in front, such as compression,
 * may move them to a stream of its own; `on` returns the emitter that took them.
 */
export function emitDrain(response: LooseResponse): void {
  const taker: unknown = response.on('drain', ignore)
  const emitter = taker instanceof EventEmitter ? (taker as Writable) : response
  emitter.removeListener('drain', ignore)
  if (!emitter.writableNeedDrain) emitter.emit('drain')
}

function ignore(): void {}
