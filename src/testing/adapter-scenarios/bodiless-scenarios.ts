// Responses to HEAD and 304 responses have headers but no body (RFC 9110, sections 9.3.2 and 15.4.5).
// Frameworks send both through code paths of their own, in which an adapter that waits for the first
// byte of a body never runs.
//
// To pass: conclude where the headers leave, not the body, and pass `isBodiless` to `conclude` for HEAD.

import assert from 'node:assert/strict'
import type { AdapterScenario } from '../adapter-scenario.ts'
import { showTheme } from './common-routes.ts'
import { scenario } from './scenario-server.ts'
import type { SessionRoute } from './scenario-server.ts'

/** Consumes the flash messages and responds with them. */
const showFlash: SessionRoute = (session, reply) => reply.send(session().takeFlash('notice').join())
/** Adds a flash message. */
const setFlash: SessionRoute = (session, reply) => {
  session().flash('notice', 'saved')
  reply.send('left')
}

/** A change with a response status that has no body. */
const notModified: SessionRoute = (session, reply) => {
  session().set('theme', 'dark')
  reply.status(304)
  reply.send('')
}

/** Scenarios about responses without a body. */
export const bodilessScenarios: readonly AdapterScenario[] = [
  // Catches an adapter that does not pass `isBodiless`: a link checker would consume the message meant
  // for the user. A HEAD response has the headers of the GET (RFC 9110, section 9.3.2).
  scenario('answers HEAD with the headers of GET and keeps the flash messages', async ({ open }) => {
    const { browser } = await open({ '/flash': setFlash, '/notice': showFlash })
    await browser.request('/flash')
    const head = await browser.request('/notice', { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.match(head.headers.get('vary') ?? '', /Cookie/, 'Vary of HEAD')
    assert.equal(await head.text(), '', 'the body of HEAD')
    assert.equal(await browser.text('/notice'), 'saved', 'the message at the first GET')
    assert.equal(await browser.text('/notice'), '', 'the message at the second GET')
  }),

  // Catches an adapter that hooks into `write` and `end` only when there is a body: the cookie of a 304
  // would be lost, and its session with it. Promise: saved before sent.
  scenario('saves and sets the cookie on a 304, which has no body', async ({ open }) => {
    const { browser } = await open({ '/unchanged': notModified, '/theme': showTheme })
    const response = await browser.request('/unchanged')
    assert.equal(response.status, 304)
    assert.equal(response.headers.getSetCookie().length, 1, 'cookies of the 304')
    assert.equal(await response.text(), '', 'the body of the 304')
    assert.equal(await browser.text('/theme'), 'dark', 'what the next page finds')
  }),
]
