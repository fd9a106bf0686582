import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { defaultReportMessage } from 'fast-check'
import { checkPrograms } from './fuzz/check-programs.ts'
import { ProgramComparison } from './fuzz/compare-programs.ts'
import type { Step } from './fuzz/program.ts'
import { frameworks } from './fuzz/stacks.ts'
import type { LayerName } from './fuzz/stacks.ts'

/** What once showed a held head, behind each middleware that decides when the head is sent. */
const found: Record<string, { order: LayerName[]; program: Step[] }> = {
  'headers flushed early, then compressed': {
    order: ['compression'],
    program: [
      ['setHeader', 'Content-Type', 'text/plain'],
      ['flushHeaders'],
      ['write', 'a longer line'],
      ['turn'],
      ['end', 'another line'],
    ],
  },
  'a status that on-headers changes': { order: ['a changed status'], program: [['end', 'x']] },
  'a status that on-headers changes after writeHead': {
    order: ['a changed status'],
    program: [
      ['writeHead', 200],
      ['end', 'x'],
    ],
  },
  'a reader of _header': {
    order: ['a reader of _header'],
    program: [
      ['write', 'one'],
      ['write', 'two'],
      ['end', 'three'],
    ],
  },
  'one writeHead too many': {
    order: ['on-headers', 'cookie-session'],
    program: [['write', 'begun'], ['writeHead', 500], ['end']],
  },
  'a status set too late': {
    order: ['morgan'],
    program: [['writeHead', 201], ['status', 404], ['message', 'Late'], ['askStatus'], ['end']],
  },
  'a body corked only while it is empty': {
    order: [],
    program: [['writeHead', 200], ['cork'], ['ask'], ['uncork'], ['pipe', ['one', 'two']]],
  },
  'a status in a later turn': {
    order: ['morgan'],
    program: [['end', 'one'], ['turn'], ['status', 422], ['askStatus'], ['turn'], ['askStatus']],
  },
  'trailers in a later turn': {
    order: [],
    program: [['end', 'one'], ['turn'], ['trailers'], ['setHeader', 'X-A', '1']],
  },
  'trailers and headers after the end': {
    order: [],
    program: [['write', 'x'], ['end'], ['trailers'], ['setHeader', 'X-A', '1'], ['end', 'late']],
  },
}

suite('programs that once showed a held head', () => {
  for (const [name, { order, program }] of Object.entries(found)) {
    for (const framework of frameworks) {
      if (framework === 'fastify' && order.includes('compression')) continue
      test(`${name}, on ${framework}, the session in front, between and behind`, async () => {
        await using comparison = await ProgramComparison.open()
        for (let place = 0; place <= order.length; place++) {
          for (const use of [0, 3, 'unused'] as const)
            await comparison.compare({ framework, order: order.toSpliced(place, 0, 'session') }, program, use)
        }
      })
    }
  }
})

suite('an answer followed by a failure arrives', () => {
  for (const framework of frameworks) {
    for (const failure of ['destroy', 'destroySocket'] as const) {
      test(`${failure}, on ${framework}`, async () => {
        await using comparison = await ProgramComparison.open()
        const program: Step[] = [['end', 'whole'], ['turn'], [failure]]
        await comparison.compare({ framework, order: ['session'] }, program, 3)
      })
    }
  }
})

test('http2: an answer in which its destruction falls arrives, whenever that is', async () => {
  await using comparison = await ProgramComparison.open()
  for (let wait = 0; wait < 4; wait++) {
    for (const status of [200, 204]) {
      const turns = Array.from({ length: wait }, (): Step => ['turn'])
      const program: Step[] = [['status', status], ['end', 'whole'], ...turns, ['destroy']]
      for (const use of [0, 1, 3])
        await comparison.compare({ framework: 'http2', order: ['session', 'on-headers'] }, program, use)
    }
  }
})

test('some hundred random programs behind random middleware', { timeout: 120_000 }, async () => {
  const result = await checkPrograms(300, 1)
  assert.ok(!result.failed, defaultReportMessage(result))
})
