import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Fails a file whose tests leave a rejection unhandled: in production that would end the process. */
export function demandNoRejections(): void {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  before(() => void process.on('unhandledRejection', note))
  after(async () => {
    for (let turn = 0; turn < 5; turn += 1) await nextTurn()
    process.off('unhandledRejection', note)
    assert.deepEqual(unhandled, [], 'a rejection was left unhandled')
  })
}
