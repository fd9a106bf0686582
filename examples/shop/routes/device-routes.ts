import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import type { Request, Response } from 'express'
import { devicesPage } from '../pages/devices-page.ts'
import type { ShopData } from '../session-data.ts'
import { readVisitor } from '../visitor.ts'
import { sendPage } from '../web/send-page.ts'

/** Where the user is signed in, and a way to end it from here. */
export function deviceRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  router.get('/devices', async (request, response) => {
    const session = sessions.get(request)
    if (session.userId === undefined) return response.redirect(303, '/login')
    const devices = await sessions.list(session.userId)
    sendPage(response, devicesPage(readVisitor(session, request), devices, session.handle))
  })

  /** The user id is the session's own, never the form's: nobody ends the session of somebody else. */
  router.post('/devices/:handle/revoke', async (request: Request<{ handle: string }>, response: Response) => {
    const session = sessions.get(request)
    if (session.userId === undefined) return response.redirect(303, '/login')
    const isRevoked = await sessions.revoke(session.userId, request.params.handle)
    session.flash('notice', isRevoked ? 'Signed out there' : 'It was signed out already')
    response.redirect(303, '/devices')
  })

  router.post('/devices/revoke-others', async (request, response) => {
    const session = sessions.get(request)
    if (session.userId === undefined) return response.redirect(303, '/login')
    const count = await sessions.revokeOthers(session)
    session.flash(
      'notice',
      count === 1 ? 'Signed out on 1 other device' : `Signed out on ${count} other devices`,
    )
    response.redirect(303, '/devices')
  })

  return router
}
