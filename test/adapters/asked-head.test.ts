// Middleware behind the session that passes headers of its own to `writeHead`. Node asks it for the head of a body
// that begins without one; while a head is held, and where nothing is held, it must be asked once as well.

import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import { answerBusy, createControlledGate, serveHeld } from './hold-head-harness.ts'

const ways: Record<string, (response: ServerResponse) => void> = {
  flushHeaders: (response) => {
    response.flushHeaders()
    response.end('body')
  },
  write: (response) => {
    response.write('body')
    response.end()
  },
  end: (response) => void response.end('body'),
  writeHead: (response) => void response.writeHead(200).end('body'),
}

/** Counts how often it was asked, in the head that it passes on. */
function countHeads(response: ServerResponse): () => number {
  const { writeHead } = response
  let count = 0
  response.writeHead = function (this: ServerResponse, status: number) {
    return Reflect.apply(writeHead, this, [status, { 'X-Asked': String(++count) }])
  }
  return () => count
}

for (const [way, respond] of Object.entries(ways)) {
  suite(`a head that ${way} begins`, () => {
    for (const kind of ['held', 'open'] as const) {
      test(`is asked for once, and arrives, where it is ${kind}`, async () => {
        const controlled = createControlledGate()
        const gate = kind === 'held' ? controlled : { open() {}, fail: answerBusy }
        let readCount: (() => number) | undefined
        await using held = await serveHeld(gate, (_request, response) => {
          readCount = countHeads(response)
          respond(response)
        })
        if (kind === 'held') {
          await controlled.arrived
          assert.equal(readCount?.(), 1, 'asked at the call of the handler')
          controlled.release()
        }
        const received = await held.received
        assert.match(received, /^x-asked: 1\r$/im)
        assert.match(received, /body/)
        assert.equal(readCount?.(), 1)
      })
    }
  })
}
