import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { settle } from '../core/harness.ts'

/** Fails a file whose tests leave a rejection unhandled: a server would end over it. */
export function demandNoUnhandled(): void {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  before(() => void process.on('unhandledRejection', note))
  after(async () => {
    await settle()
    process.off('unhandledRejection', note)
    assert.deepEqual(unhandled, [], 'a rejection was left unhandled')
  })
}
