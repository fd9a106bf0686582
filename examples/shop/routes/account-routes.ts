import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import { describeBrowser } from '../describe-browser.ts'
import { renderLoginPage } from '../pages/login-page.ts'
import type { ShopData } from '../session-data.ts'
import { signOut } from '../sign-out.ts'
import { readTheme } from '../theme.ts'
import { checkPassword } from '../users.ts'
import { readVisitor } from '../visitor.ts'
import { checkPath, readField } from '../web/form.ts'
import { sendPage } from '../web/send-page.ts'

export function createAccountRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  // Links to this page name the page that they are on, as in `/login?from=/cart`. The form carries it on, and not the
  // session: a crawler that follows the links must not start sessions.
  router.get('/login', (request, response) => {
    const session = sessions.get(request)
    const from = checkPath(request.query['from'])
    if (session.userId !== undefined) return response.redirect(303, from)
    sendPage(response, renderLoginPage(readVisitor(session, request), from))
  })

  // The login replaces the token. It keeps the cart, but not the address and the order: the next user of a shared
  // computer must not see those of the previous visitor.
  router.post('/login', async (request, response) => {
    const name = readField(request, 'name')
    const from = checkPath(readField(request, 'from'))
    const session = sessions.get(request)
    const user = await checkPassword(name, readField(request, 'password'))
    if (!user)
      return sendPage(response.status(401), renderLoginPage(readVisitor(session, request), from, name))
    const details = describeBrowser(request.get('User-Agent') ?? '')
    session.login(user.id, { carryOver: ['cart', 'theme'], details })
    response.redirect(303, from)
  })

  router.post('/logout', (request, response) => {
    signOut(sessions.get(request))
    response.redirect(303, '/')
  })

  router.post('/theme', (request, response) => {
    const session = sessions.get(request)
    const theme = readTheme(readField(request, 'theme'))
    if (theme) session.set('theme', theme)
    else session.delete('theme')
    response.redirect(303, checkPath(readField(request, 'path')))
  })

  return router
}
