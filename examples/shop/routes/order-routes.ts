import { randomInt } from 'node:crypto'
import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import { countItems } from '../cart.ts'
import { createOrder } from '../checkout.ts'
import { renderOrderPage } from '../pages/order-page.ts'
import type { ShopData } from '../session-data.ts'
import { notify, readVisitor } from '../visitor.ts'
import { readField } from '../web/form.ts'
import { sendPage } from '../web/send-page.ts'

/** Places the order that the visitor has reviewed, once, and shows it. */
export function createOrderRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  // In a transaction, because other tabs may change the cart or order at the same moment.
  router.post('/checkout/review', async (request, response) => {
    const session = sessions.get(request)
    const reviewed = readField(request, 'reviewed')
    const number = String(randomInt(1e9)).padStart(9, '0')
    const isOrdered = await session.transaction((values) => {
      const order = createOrder(number, values.get('cart') ?? {}, values.get('checkout') ?? {})
      // After a double click, the first request has placed the order, and this one only shows it.
      if (order?.reviewed !== reviewed) return values.get('order')?.reviewed === reviewed
      values.set('order', order)
      values.delete('cart')
      values.delete('checkout')
      return true
    })
    if (isOrdered) return response.redirect(303, '/order')
    if (countItems(session.get('cart') ?? {}) > 0) {
      notify(session, 'notice', 'Your cart or checkout has changed. Please review your order again.')
    }
    response.redirect(303, '/checkout')
  })

  router.get('/order', (request, response) => {
    const session = sessions.get(request)
    const order = session.get('order')
    if (!order) return response.redirect(303, '/cart')
    sendPage(response, renderOrderPage(readVisitor(session, request), order))
  })

  return router
}
