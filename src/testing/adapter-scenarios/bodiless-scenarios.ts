// HEAD and 304 have a head and no body. Frameworks answer both by paths of their own, which is
// where an adapter that waits for the first byte of a body never gets its turn.
//
// To pass: hang the commit on the head, not on the body, and hand `isBodiless` to `commit` for
// HEAD.

import assert from 'node:assert/strict'
import type { AdapterScenario } from '../adapter-scenario.ts'
import { showTheme } from './common-routes.ts'
import { scenario } from './stage.ts'
import type { SessionRoute } from './stage.ts'

const showFlash: SessionRoute = (session, reply) => reply.send(session().takeFlash('notice').join())
const setFlash: SessionRoute = (session, reply) => {
  session().flash('notice', 'saved')
  reply.send('left')
}

/** A change answered with a status that has no body. */
const notModified: SessionRoute = (session, reply) => {
  session().set('theme', 'dark')
  reply.status(304)
  reply.send('')
}

/** Answers without a body. */
export const bodilessScenarios: readonly AdapterScenario[] = [
  // Finds an adapter that does not say `isBodiless`: a link checker would eat the message meant for the
  // user.
  scenario('answers HEAD with the headers of GET, and a message that nobody saw stays', async ({ open }) => {
    const { browser } = await open({ '/flash': setFlash, '/notice': showFlash })
    await browser.request('/flash')
    const head = await browser.request('/notice', { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.match(head.headers.get('vary') ?? '', /Cookie/, 'Vary of HEAD')
    assert.equal(await head.text(), '', 'the body of HEAD')
    assert.equal(await browser.text('/notice'), 'saved', 'the message at the first GET')
    assert.equal(await browser.text('/notice'), '', 'the message at the second GET')
  }),

  // Finds one that hooks `write` and `end` with a body only: the cookie of a 304 would be lost, and its
  // session with it.
  scenario('saves and sets the cookie with a 304, which has no body', async ({ open }) => {
    const { browser } = await open({ '/unchanged': notModified, '/theme': showTheme })
    const response = await browser.request('/unchanged')
    assert.equal(response.status, 304)
    assert.equal(response.headers.getSetCookie().length, 1, 'cookies of the 304')
    assert.equal(await response.text(), '', 'the body of the 304')
    assert.equal(await browser.text('/theme'), 'dark', 'what the next page finds')
  }),
]
