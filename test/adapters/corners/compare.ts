import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { answerCommitError } from '../../../src/adapters/node/commit-error.ts'
import { build, modes, visit } from './visit.ts'
import type { Build, Corner, Visit } from './visit.ts'
import { protocols } from './wire.ts'
import type { Protocol } from './wire.ts'

const ours = /^set-cookie: session_id=.*\r\n/gim

/** What came, without the headers that are ours. */
export function dropOurs(received: string): string {
  return dropVary(received)
    .replaceAll(ours, '')
    .replaceAll(/^cache-control: private, no-store\r\n/gim, '')
}

function dropVary(received: string): string {
  return received
    .replaceAll(/^vary: Cookie\r\n/gim, '')
    .replaceAll(/^(vary: .*), Cookie(?=\r\n)/gim, '$1')
    .replaceAll(/^(vary: )Cookie, /gim, '$1')
}

/** Takes out the headers that a mode brings with it. A header of ours that is not due stays, and shows. */
const dropDue = {
  'nothing to save': String,
  'a session read': dropVary,
  'a save held back': dropOurs,
}

/**
 * Tests that every corner looks the same with a session as without one. `failing` is what still stands
 * around the answer to a failed save.
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
            assert.equal(dropDue[mode](seen.received), (await bare).received)
            assert.deepEqual(seen.order, (await bare).order)
            if (mode === 'a save held back')
              assert.equal(seen.received.match(ours)?.length, 1, 'cookies of ours')
            else assert.deepEqual(seen.notes, (await bare).notes)
          })
        }
      })
    }
  }
}

/** The client gets the very answer that a server gives that has nothing else to say. */
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
  answerCommitError({ status: 503 }, request, response)
