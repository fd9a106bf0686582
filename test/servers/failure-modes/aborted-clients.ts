import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { getSession, withSession } from '../../../src/node.ts'
import { Browser, increment } from '../../core/harness.ts'
import type { LooseSession } from '../../core/harness.ts'
import { listen } from '../../support/serve.ts'
import { Gate } from '../faults/gates.ts'
import { startNode } from './failure-mode.ts'
import type { FailureMode } from './failure-mode.ts'
import { surroundCalls } from './surround-calls.ts'

/** Where the client goes away. */
type Place = 'in the handler' | 'before the commit' | 'after the commit' | 'in the body'

const places: readonly Place[] = ['in the handler', 'before the commit', 'after the commit', 'in the body']

export const abortedClients: readonly FailureMode[] = places.map((place) => ({
  name: `D18 a client that goes away ${place} loses no acknowledged write and leaves no lock`,
  async run({ stores }) {
    const point = new Gate()
    const store = surroundCalls(stores[0], async (verb, call) => {
      if (verb === 'commit' && place === 'before the commit') await point.pass()
      const answer = await call()
      if (verb === 'commit' && place === 'after the commit') await point.pass()
      return answer
    })
    const { sessions } = startNode(store)
    const gone = Promise.withResolvers<void>()
    const served = Promise.withResolvers<void>()
    const serve = async (session: LooseSession, response: ServerResponse): Promise<void> => {
      session.update('count', increment)
      if (place === 'in the handler') await point.pass()
      response.write('the head and a part')
      if (place === 'in the body') await point.pass()
      response.end()
    }
    const { origin, close } = await listen(
      withSession((request, response) => {
        response.once('close', () => gone.resolve())
        return serve(getSession(request), response).finally(() => served.resolve())
      }, sessions),
    )
    try {
      // Another node, because every commit of the first one passes the point.
      const browser = new Browser(startNode(stores[1]).sessions)
      await browser.visit((session) => session.set('count', 1))
      const client = connect(Number(new URL(origin).port), '127.0.0.1')
      client.on('error', () => {})
      client.write(`GET / HTTP/1.1\r\nHost: shop.test\r\nCookie: ${browser.cookie}\r\n\r\n`)
      await point.arrival
      client.resetAndDestroy()
      await gone.promise
      // While the abandoned request still stands where it was, others are served, and what they save stays.
      await browser.visit((session) => session.update('count', increment))
      point.open()
      await served.promise
      // Waits for the commit that is under way; the store stays open.
      await sessions.close()
      const count = await browser.see((session) => Number(session.get('count')))
      assert.ok(count === 2 || count === 3, `${count} of 3`)
      if (place !== 'in the handler') assert.equal(count, 3)
      await browser.visit((session) => session.update('count', increment))
      assert.equal(await browser.see((session) => session.get('count')), count + 1)
    } finally {
      close()
    }
  },
}))
