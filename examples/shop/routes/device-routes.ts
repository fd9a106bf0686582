import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import type { Request, Response } from 'express'
import { renderDevicesPage } from '../pages/devices-page.ts'
import type { ShopData } from '../session-data.ts'
import { readVisitor } from '../visitor.ts'
import { sendPage } from '../web/send-page.ts'

/** Lists the sessions of the user, and signs out of any of them. */
export function createDeviceRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  router.get('/devices', async (request, response) => {
    const session = sessions.get(request)
    if (session.userId === undefined) return response.redirect(303, '/login')
    const devices = await sessions.list(session.userId)
    sendPage(response, renderDevicesPage(readVisitor(session, request), devices, session.handle))
  })

  // The user id comes from the session, never from the form: users can end only their own sessions.
  router.post('/devices/:handle/revoke', async (request: Request<{ handle: string }>, response: Response) => {
    const session = sessions.get(request)
    if (session.userId === undefined) return response.redirect(303, '/login')
    const isRevoked = await sessions.revoke(session.userId, request.params.handle)
    session.flash('notice', isRevoked ? 'Signed out of that device' : 'That device was already signed out')
    response.redirect(303, '/devices')
  })

  router.post('/devices/revoke-others', async (request, response) => {
    const session = sessions.get(request)
    if (session.userId === undefined) return response.redirect(303, '/login')
    const count = await sessions.revokeOthers(session)
    session.flash(
      'notice',
      count === 1 ? 'Signed out of 1 other device' : `Signed out of ${count} other devices`,
    )
    response.redirect(303, '/devices')
  })

  return router
}
