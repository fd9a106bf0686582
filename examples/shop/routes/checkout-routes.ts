import { randomInt } from 'node:crypto'
import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import type { Response } from 'express'
import { countItems } from '../cart.ts'
import { addressFields, createOrder, findDelivery, findOpenStep, steps } from '../checkout.ts'
import type { Address, AddressField, Step } from '../checkout.ts'
import { renderAddressPage, renderDeliveryPage, renderReviewPage } from '../pages/checkout-pages.ts'
import { renderOrderPage } from '../pages/order-page.ts'
import type { ShopData } from '../session-data.ts'
import { readVisitor } from '../visitor.ts'
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
    if (step === 'address') sendPage(response, renderAddressPage(visitor, checkout.address ?? {}))
    if (step === 'delivery') sendPage(response, renderDeliveryPage(visitor, checkout))
    if (step === 'review') sendPage(response, renderReviewPage(visitor, checkout))
  })

  router.post('/checkout/address', (request, response) => {
    const session = sessions.get(request)
    const entries = addressFields.map((field) => [field, readField(request, field).trim()] as const)
    const address = Object.fromEntries(entries) as Address
    const invalid = entries.filter(([, text]) => text === '' || text.length > 100).map(([field]) => field)
    if (invalid.length > 0) {
      const page = renderAddressPage(readVisitor(session, request), address, new Set<AddressField>(invalid))
      return sendPage(response.status(422), page)
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

  // In a transaction, a double click makes one order: the second request finds the cart empty.
  router.post('/checkout/review', async (request, response) => {
    const number = String(randomInt(1e9)).padStart(9, '0')
    await sessions.get(request).transaction((values) => {
      const order = createOrder(number, values.get('cart') ?? {}, values.get('checkout') ?? {})
      if (!order) return
      values.set('order', order)
      values.delete('cart')
      values.delete('checkout')
    })
    response.redirect(303, '/order')
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
