import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { controlledStore } from '../../core/controlled-store.ts'
import { settle } from '../../core/harness.ts'
import { openVisit } from './open-visit.ts'
import { protocols } from './wire.ts'

for (const protocol of protocols) {
  suite(`res.destroy, on ${protocol}`, () => {
    for (const when of ['before the head', 'during a held save', 'after the head'] as const) {
      test(`${when}: the client gets an incomplete answer, and what was saved is kept`, async () => {
        const store = controlledStore()
        if (when === 'during a held save') store.plan('create', 'hold')
        const visit = await openVisit(
          protocol,
          (request, response) => {
            response.on('error', () => {})
            if (when !== 'before the head') {
              visit.sessions.get(request).set('theme', 'dark')
              response.write('one')
            }
            if (when === 'before the head') response.destroy()
          },
          undefined,
          store,
        )
        const response = await visit.arrived
        const call = when === 'during a held save' ? await store.held('create') : undefined
        await settle()
        if (when !== 'before the head') response.destroy()
        await visit.closed
        call?.pass()
        const received = await visit.client.done
        await visit.end()
        assert.equal(store.rows.size, when === 'before the head' ? 0 : 1)
        assert.equal(/one/.test(received), when === 'after the head')
        const end = protocol === 'http2' ? /\nreset \d+$/ : /^(?![^]*\r\n0\r\n\r\n$)/
        assert.match(received, end, 'the answer looks complete')
      })
    }
  })
}
