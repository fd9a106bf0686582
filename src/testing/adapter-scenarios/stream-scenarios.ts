// Streamed responses. The headers are sent with the first chunk, so the session must be saved before
// it; changes made while the rest is sent are saved at the end, even when the client has disconnected.
// A call that would need a response header by then must throw, not be ignored.
//
// To pass: run the same hook before the first chunk. Pass `onLateChange`, and call `finish` when the
// connection closes, whether the response was finished or aborted.

import assert from 'node:assert/strict'
import type { AdapterScenario } from '../adapter-scenario.ts'
import { setTheme, showPublic, showTheme } from './common-routes.ts'
import { leaveAfter, readInParts } from './read-in-parts.ts'
import { requestWhileStoreWaits, scenario } from './scenario-server.ts'
import type { SessionRoute } from './scenario-server.ts'
import { createGate, waitUntil } from './waiting.ts'
import type { Gate } from './waiting.ts'

/** Sends one chunk, waits until the client has received it, and continues. */
async function* inTwoParts(gate: Gate, goOn: () => string): AsyncGenerator<string> {
  yield 'begun, '
  await gate.opened
  // Frameworks differ in how they handle a body that throws, so this one never does.
  try {
    yield goOn()
  } catch (error) {
    yield String(error)
  }
}

/** Sends two chunks, then nothing until the gate is opened. */
async function* withoutEnd(second: () => string, gate: Gate): AsyncGenerator<string> {
  yield 'begun, '
  yield second()
  await gate.opened
}

/** A route that reads its session before the first byte, and changes it when `body` calls `change`. */
function changesLate(
  theme: string,
  answer: string,
  body: (change: () => string) => AsyncIterable<string>,
): SessionRoute {
  return (session, reply) => {
    const own = session()
    const change = (): string => {
      own.set('theme', theme)
      return answer
    }
    reply.stream(body(change))
  }
}

/** Scenarios about streamed responses. */
export const streamScenarios: readonly AdapterScenario[] = [
  // Catches an adapter that concludes when the response ends, which for a stream is too late to set a
  // cookie. Promise: saved before sent.
  scenario(
    'saves before the first byte of a stream',
    async ({ open }) => {
      const gate = createGate()
      const stream: SessionRoute = (session, reply) => {
        session().set('theme', 'streamed')
        reply.stream(inTwoParts(gate, () => 'done'))
      }
      const site = await open({ '/stream': stream, '/theme': showTheme, '/public': showPublic })
      const { browser } = site
      const response = await requestWhileStoreWaits(site, '/stream')
      const text = await readInParts(response, gate, async () => {
        assert.equal(await browser.text('/theme'), 'streamed')
      })
      assert.equal(text, 'begun, done')
    },
    'streams',
  ),

  // Catches an adapter that stops saving once the headers are sent.
  scenario(
    'saves changes made while a stream is sent',
    async ({ open }) => {
      const gate = createGate()
      const stream = changesLate('late', 'done', (change) => inTwoParts(gate, change))
      const { browser } = await open({ '/set': setTheme, '/stream': stream, '/theme': showTheme })
      await browser.request('/set')
      assert.equal(await readInParts(await browser.request('/stream'), gate), 'begun, done')
      await waitUntil('the late change is saved', async () => (await browser.text('/theme')) === 'late')
    },
    'streams',
  ),

  // Catches an adapter that waits for `finish`, which an aborted response never emits.
  scenario(
    'saves changes when the client disconnects midway',
    async ({ open }) => {
      const gate = createGate()
      const stream = changesLate('late', 'changed, ', (change) => withoutEnd(change, gate))
      const { browser } = await open({ '/set': setTheme, '/stream': stream, '/theme': showTheme })
      await browser.request('/set')
      await leaveAfter('changed, ', await browser.request('/stream'))
      try {
        await waitUntil('the change is saved', async () => (await browser.text('/theme')) === 'late')
      } finally {
        gate.open()
      }
    },
    'streams',
  ),

  // Catches an adapter that does not report that the headers were sent: the change would be dropped
  // silently.
  scenario(
    'throws at the call when a change comes too late for a cookie',
    async ({ open }) => {
      const gate = createGate()
      const stream = changesLate('too late', 'nothing was said', (change) => inTwoParts(gate, change))
      const { browser, store } = await open({ '/stream': stream })
      const text = await readInParts(await browser.request('/stream'), gate)
      assert.match(text, /^begun, SessionStateError: the response has started/)
      // A row without a cookie could never be opened.
      assert.equal(store.rows.size, 0)
    },
    'streams',
  ),
]
