import assert from 'node:assert/strict'
import { Browser, hour } from '../../core/harness.ts'
import { movableClock, range, startNode } from './failure-mode.ts'
import type { FailureMode } from './failure-mode.ts'
import { surroundCalls } from './surround-calls.ts'

export const touches: readonly FailureMode[] = [
  {
    name: 'D24 1000 requests within touchEvery are one touch, at once on one node or dealt out among two',
    async run({ stores }) {
      const clock = movableClock()
      const sent: Promise<unknown>[] = []
      const nodes = stores.slice(0, 2).map((store) => {
        const watched = surroundCalls(store, (verb, call) => {
          const answer = call()
          if (verb === 'touch') sent.push(answer)
          return answer
        })
        return startNode(watched, { clock, touchEvery: '1h', timeout: '30s' })
      })
      const browsers = nodes.map(({ sessions }) => new Browser(sessions))
      const look = (turn: number): Promise<unknown> =>
        browsers[turn % 2]!.visit((session) => session.get('color'))
      await browsers[0]!.visit((session) => session.set('color', 'red'))
      browsers[1]!.cookie = browsers[0]!.cookie

      clock.advance(hour)
      await Promise.all(range(1000).map(() => look(0)))
      assert.deepEqual(await Promise.all(sent), [true])
      await Promise.all(range(1000).map(look))
      assert.equal(sent.length, 1)

      clock.advance(hour)
      await look(1)
      assert.deepEqual(await Promise.all(sent), [true, true])
      await Promise.all(range(1000).map(look))
      assert.equal(sent.length, 2)
    },
  },
]
