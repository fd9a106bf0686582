import { randomInt } from 'node:crypto'
import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import type { Response } from 'express'
import { countItems } from '../cart.ts'
import { addressFields, createOrder, findDelivery, findOpenStep, findProblems, steps } from '../checkout.ts'
import type { Address, Step } from '../checkout.ts'
import { renderAddressPage, renderDeliveryPage, renderReviewPage } from '../pages/checkout-pages.ts'
import { renderOrderPage } from '../pages/order-page.ts'
import type { ShopData } from '../session-data.ts'
import { notify, readVisitor } from '../visitor.ts'
import { readField } from '../web/form.ts'
import { sendPage } from '../web/send-page.ts'

/**
 * Three steps, one page each. Every step is saved before the next one is shown, so a visitor can leave, come back
 * and continue, even if the server was restarted in between.
 */
export function createCheckoutRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  router.get('/checkout', (request, response) => {
    const session = sessions.get(request)
    if (countItems(session.get('cart') ?? {}) === 0) return response.redirect(303, '/cart')
    redirectToStep(response, findOpenStep(session.get('checkout') ?? {}))
  })

  router.get('/checkout/:step', (request, response, next) => {
    const step = steps.find((each) => each === request.params.step)
    if (!step) return next()
    const session = sessions.get(request)
    const checkout = session.get('checkout') ?? {}
    const isTooEarly = steps.indexOf(step) > steps.indexOf(findOpenStep(checkout))
    if (isTooEarly || countItems(session.get('cart') ?? {}) === 0) return response.redirect(303, '/checkout')
    const visitor = readVisitor(session, request)
    if (step === 'address') sendPage(response, renderAddressPage(visitor, checkout))
    if (step === 'delivery') sendPage(response, renderDeliveryPage(visitor, checkout))
    if (step === 'review') sendPage(response, renderReviewPage(visitor, checkout))
  })

  router.post('/checkout/address', (request, response) => {
    const session = sessions.get(request)
    const entries = addressFields.map((field) => [field, readField(request, field).trim()])
    const address = Object.fromEntries(entries) as Address
    const problems = findProblems(address)
    if (Object.keys(problems).length > 0) {
      const entered = { ...session.get('checkout'), address }
      return sendPage(
        response.status(422),
        renderAddressPage(readVisitor(session, request), entered, problems),
      )
    }
    session.update('checkout', (checkout = {}) => ({ ...checkout, address }))
    redirectToStep(response, 'delivery')
  })

  router.post('/checkout/delivery', (request, response) => {
    const session = sessions.get(request)
    const delivery = findDelivery(readField(request, 'delivery'))
    if (!delivery) return redirectToStep(response, 'delivery')
    session.update('checkout', (checkout = {}) => ({ ...checkout, deliveryId: delivery.id }))
    redirectToStep(response, 'review')
  })

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

function redirectToStep(response: Response, step: Step): void {
  response.redirect(303, `/checkout/${step}`)
}
