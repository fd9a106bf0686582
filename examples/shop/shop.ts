import { join } from 'node:path'
import type { SessionManager } from 'coatcheck'
import { session } from 'coatcheck/express'
import express from 'express'
import type { Express } from 'express'
import { productsPage } from './pages/products-page.ts'
import { accountRoutes } from './routes/account-routes.ts'
import { cartRoutes } from './routes/cart-routes.ts'
import { checkoutRoutes } from './routes/checkout-routes.ts'
import { deviceRoutes } from './routes/device-routes.ts'
import type { ShopData } from './session-data.ts'
import { readVisitor } from './visitor.ts'
import { answerError, HttpError } from './web/errors.ts'
import { requireSameOrigin } from './web/same-origin.ts'
import { setSecurityHeaders } from './web/security-headers.ts'
import { sendPage } from './web/send-page.ts'

/** Builds the shop. Where its sessions are kept, the manager knows. */
export function createShop(sessions: SessionManager<ShopData>): Express {
  const shop = express()
  shop.disable('x-powered-by')
  shop.use(setSecurityHeaders)
  shop.use(express.static(join(import.meta.dirname, 'public'), { index: false, redirect: false }))
  shop.use(requireSameOrigin)
  shop.use(express.urlencoded({ extended: false, limit: '2kb', parameterLimit: 10 }))
  shop.use(session(sessions))

  shop.get('/', (request, response) => {
    sendPage(response, productsPage(readVisitor(sessions.get(request), request)))
  })
  shop.use(cartRoutes(sessions), checkoutRoutes(sessions), accountRoutes(sessions), deviceRoutes(sessions))
  shop.use(() => {
    throw new HttpError(404, 'There is no such page.')
  })
  shop.use(answerError)
  return shop
}
