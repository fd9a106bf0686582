import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import type { Request, Response } from 'express'
import { renderDevicesPage } from '../pages/devices-page.ts'
import type { ShopData } from '../session-data.ts'
import { signOut } from '../sign-out.ts'
import { notify, readVisitor } from '../visitor.ts'
import { sendPage } from '../web/send-page.ts'

const loginPath = '/login?from=/devices'

/** Lists the sessions of the user, and signs out of any of them. */
export function createDeviceRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  router.get('/devices', async (request, response) => {
    const session = sessions.get(request)
    if (session.userId === undefined) return response.redirect(303, loginPath)
    const devices = await sessions.list(session.userId)
    sendPage(response, renderDevicesPage(readVisitor(session, request), devices, session.handle))
  })

  // The user id comes from the session, never from the form: users can end only their own sessions.
  router.post('/devices/:handle/revoke', async (request: Request<{ handle: string }>, response: Response) => {
    const session = sessions.get(request)
    if (session.userId === undefined) return response.redirect(303, loginPath)
    const { handle } = request.params
    if (handle === session.handle) {
      signOut(session)
      return response.redirect(303, '/')
    }
    const isRevoked = await sessions.revoke(session.userId, handle)
    notify(
      session,
      'notice',
      isRevoked ? 'Signed out of that device.' : 'That device was already signed out.',
    )
    response.redirect(303, '/devices')
  })

  router.post('/devices/revoke-others', async (request, response) => {
    const session = sessions.get(request)
    if (session.userId === undefined) return response.redirect(303, loginPath)
    const count = await sessions.revokeOthers(session)
    const devices = count === 1 ? '1 other device' : `${count} other devices`
    notify(session, 'notice', `Signed out of ${devices}.`)
    response.redirect(303, '/devices')
  })

  return router
}
