import assert from 'node:assert/strict'
import { Browser, increment } from '../../core/harness.ts'
import { range, startNode } from './failure-mode.ts'
import type { FailureMode } from './failure-mode.ts'

/** So many saves of one session take their time on a busy machine, and how long is not the question. */
const patient = { timeout: '1m' } as const
const writers = 16
const increments = 50
const names = range(64).map((index) => `name-${index}`)

export const lostUpdates: readonly FailureMode[] = [
  {
    name: 'D1 no update is lost: counters add up and every name is kept, on three nodes',
    async run({ stores }) {
      const nodes = stores.map((store) => startNode(store, patient))
      const first = new Browser(nodes[0]!.sessions)
      await first.visit((session) => session.set('color', 'red'))
      const browserOn = (turn: number): Browser =>
        new Browser(nodes[turn % nodes.length]!.sessions, first.cookie)
      const counting = range(writers).map(async (writer) => {
        const browser = browserOn(writer)
        for (let count = 0; count < increments; count += 1) {
          await browser.visit((session) => session.update('count', increment))
        }
      })
      const naming = names.map((name, turn) => browserOn(turn).visit((session) => session.set(name, turn)))
      await Promise.all([...counting, ...naming])
      const values = await first.see((session) => Object.fromEntries(session.entries()))
      assert.deepEqual(values, {
        color: 'red',
        count: writers * increments,
        ...Object.fromEntries(names.map((name, index) => [name, index])),
      })
    },
  },
  {
    name: 'D9 one of 100 parallel consumes on three nodes gets the value',
    async run({ stores }) {
      const nodes = stores.map((store) => startNode(store, patient))
      const first = new Browser(nodes[0]!.sessions)
      await first.visit((session) => session.set('code', 'one-time'))
      const visits = await Promise.all(
        range(100).map((turn) => new Browser(nodes[turn % 3]!.sessions, first.cookie).open()),
      )
      const answers = await Promise.all(visits.map(({ session }) => session.consume('code')))
      assert.deepEqual(
        answers.filter((answer) => answer !== undefined),
        ['one-time'],
      )
      await Promise.all(visits.map((visit) => visit.conclude()))
      assert.equal(await first.see((session) => session.has('code')), false)
    },
  },
]
