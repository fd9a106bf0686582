import { join } from 'node:path'
import type { SessionManager } from 'coatcheck'
import { session } from 'coatcheck/express'
import express from 'express'
import type { Express } from 'express'
import { renderErrorPage } from './pages/error-page.ts'
import { renderProductsPage } from './pages/products-page.ts'
import { createAccountRoutes } from './routes/account-routes.ts'
import { createCartRoutes } from './routes/cart-routes.ts'
import { createCheckoutRoutes } from './routes/checkout-routes.ts'
import { createDeviceRoutes } from './routes/device-routes.ts'
import { createOrderRoutes } from './routes/order-routes.ts'
import type { ShopData } from './session-data.ts'
import { readVisitor, recognizeVisitor } from './visitor.ts'
import { handleError } from './web/errors.ts'
import { requireSameOrigin } from './web/same-origin.ts'
import { setSecurityHeaders } from './web/security-headers.ts'
import { sendPage } from './web/send-page.ts'

/** Creates the Express application. The caller decides where its sessions are stored. */
export function createShop(sessions: SessionManager<ShopData>): Express {
  const shop = express()
  shop.disable('x-powered-by')
  shop.use(setSecurityHeaders)
  shop.use(
    express.static(join(import.meta.dirname, 'public'), { index: false, redirect: false, maxAge: '1h' }),
  )
  shop.use(requireSameOrigin)
  shop.use(express.urlencoded({ extended: false, limit: '2kb', parameterLimit: 10 }))
  shop.use(session(sessions))

  shop.get('/', (request, response) => {
    sendPage(response, renderProductsPage(readVisitor(sessions.get(request), request)))
  })
  shop.use(
    createCartRoutes(sessions),
    createCheckoutRoutes(sessions),
    createOrderRoutes(sessions),
    createAccountRoutes(sessions),
    createDeviceRoutes(sessions),
  )
  shop.use((request, response) => {
    const visitor = recognizeVisitor(sessions.get(request), request)
    sendPage(response.status(404), renderErrorPage(404, 'Perhaps it was sold or moved.', visitor))
  })
  shop.use(handleError)
  return shop
}
