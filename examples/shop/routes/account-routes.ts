import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import { describeBrowser } from '../describe-browser.ts'
import { renderLoginPage } from '../pages/login-page.ts'
import type { ShopData } from '../session-data.ts'
import { readTheme } from '../theme.ts'
import { checkPassword } from '../users.ts'
import { readVisitor } from '../visitor.ts'
import { readField, readPath } from '../web/form.ts'
import { sendPage } from '../web/send-page.ts'

export function createAccountRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  router.get('/login', (request, response) => {
    sendPage(response, renderLoginPage(readVisitor(sessions.get(request), request)))
  })

  // The login replaces the token. The cart of the anonymous visitor is kept.
  router.post('/login', async (request, response) => {
    const name = readField(request, 'name')
    const session = sessions.get(request)
    const user = await checkPassword(name, readField(request, 'password'))
    if (!user) return sendPage(response.status(401), renderLoginPage(readVisitor(session, request), name))
    session.login(user.id, { details: describeBrowser(request.get('User-Agent') ?? '') })
    response.redirect(303, '/')
  })

  // The notice goes into a new session, which holds nothing from the old one.
  router.post('/logout', (request, response) => {
    const session = sessions.get(request)
    session.logout()
    session.flash('notice', 'Signed out')
    response.redirect(303, '/')
  })

  router.post('/theme', (request, response) => {
    const session = sessions.get(request)
    const theme = readTheme(readField(request, 'theme'))
    if (theme) session.set('theme', theme)
    else session.delete('theme')
    response.redirect(303, readPath(request, 'path'))
  })

  return router
}
