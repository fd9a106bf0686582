import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { answerSaveError } from '../../../src/adapters/node/save-error.ts'
import { SessionStoreError } from '../../../src/contract/errors.ts'
import { build, modes, visit } from './visit.ts'
import type { Build, Corner, Visit } from './visit.ts'
import { protocols } from './wire.ts'
import type { Protocol } from './wire.ts'

const sessionCookies = /^set-cookie: session_id=.*\r\n/gim

/** What was received, without the headers that sessions add. */
export function dropSessionHeaders(received: string): string {
  return dropVary(received)
    .replaceAll(sessionCookies, '')
    .replaceAll(/^cache-control: private, no-store\r\n/gim, '')
}

function dropVary(received: string): string {
  return received
    .replaceAll(/^vary: Cookie\r\n/gim, '')
    .replaceAll(/^(vary: .*), Cookie(?=\r\n)/gim, '$1')
    .replaceAll(/^(vary: )Cookie, /gim, '$1')
}

/** The headers of a page that used the session of a cookie, whatever the handler itself allows caches. */
function dropPrivate(received: string): string {
  return dropVary(received)
    .replaceAll(/^cache-control: private\r\n/gim, '')
    .replaceAll(/^(cache-control: )private, (?!no-store)/gim, '$1')
}

/** Removes the headers that are expected in a mode. An unexpected session header stays and fails the comparison. */
const dropExpectedHeaders = {
  'nothing to save': String,
  'a session read': dropPrivate,
  'a save held back': dropSessionHeaders,
}

/**
 * Tests that every corner case looks the same with a session as without one. `failing` wraps the answer to a failed
 * save: middleware behind the session must not appear in it.
 */
export function compareCorners(
  corners: Record<string, Corner>,
  only: readonly Protocol[] = protocols,
  how = build,
  failing = build,
): void {
  for (const protocol of only) {
    for (const [name, corner] of Object.entries(corners)) {
      suite(`${name}, on ${protocol}`, () => {
        const bare = visit(protocol, corner, undefined, how)
        for (const mode of corner.modes ?? modes) {
          test(mode, async () => {
            const seen = await visit(protocol, corner, mode, how)
            if (mode === 'a save refused') return compareRefusal(protocol, corner, seen, failing)
            assert.equal(dropExpectedHeaders[mode](seen.received), (await bare).received)
            assert.deepEqual(seen.order, (await bare).order)
            if (mode === 'a save held back')
              assert.equal(seen.received.match(sessionCookies)?.length, 1, 'session cookies')
            else assert.deepEqual(seen.notes, (await bare).notes)
          })
        }
      })
    }
  }
}

/** The client gets exactly what a server sends that does nothing but answer the failure. */
async function compareRefusal(
  protocol: Protocol,
  corner: Corner,
  { received }: Visit,
  how: Build,
): Promise<void> {
  const expected = await visit(protocol, { ...corner, handle: answerFailedSave }, undefined, how)
  assert.equal(received, expected.received)
}

const answerFailedSave: Corner['handle'] = (response, _diary, request) =>
  answerSaveError(new SessionStoreError('commit', 'refused'), request, response)
