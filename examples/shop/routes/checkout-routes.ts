import { randomInt } from 'node:crypto'
import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import type { Response } from 'express'
import { countItems } from '../cart.ts'
import { addressFields, describeOrder, findDelivery, findOpenStep, steps } from '../checkout.ts'
import type { Address, AddressField, Checkout, Step } from '../checkout.ts'
import { addressPage, deliveryPage, reviewPage } from '../pages/checkout-pages.ts'
import { orderPage } from '../pages/order-page.ts'
import type { ShopData } from '../session-data.ts'
import { readVisitor } from '../visitor.ts'
import { readField } from '../web/form.ts'
import { sendPage } from '../web/send-page.ts'

/**
 * Three steps, each a page of its own. What a step asked for is in the session before the next one is shown, so a
 * visitor may leave, come back and go on, even if the server was restarted meanwhile.
 */
export function checkoutRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  router.get('/checkout', (request, response) => {
    const session = sessions.get(request)
    if (countItems(session.get('cart') ?? {}) === 0) return response.redirect(303, '/cart')
    goTo(response, findOpenStep(session.get('checkout') ?? {}))
  })

  router.get('/checkout/:step', (request, response, next) => {
    const step = steps.find((each) => each === request.params.step)
    if (!step) return next()
    const session = sessions.get(request)
    const checkout = session.get('checkout') ?? {}
    const isAhead = steps.indexOf(step) > steps.indexOf(findOpenStep(checkout))
    if (isAhead || countItems(session.get('cart') ?? {}) === 0) return response.redirect(303, '/checkout')
    const visitor = readVisitor(session, request)
    if (step === 'address') sendPage(response, addressPage(visitor, checkout.address ?? {}))
    if (step === 'delivery') sendPage(response, deliveryPage(visitor, checkout))
    if (step === 'review') sendPage(response, reviewPage(visitor, checkout))
  })

  router.post('/checkout/address', (request, response) => {
    const session = sessions.get(request)
    const entries = addressFields.map((field) => [field, readField(request, field).trim()] as const)
    const address = Object.fromEntries(entries) as Address
    const missing = entries.filter(([, text]) => text === '' || text.length > 100).map(([field]) => field)
    if (missing.length > 0) {
      const page = addressPage(readVisitor(session, request), address, new Set<AddressField>(missing))
      return sendPage(response.status(422), page)
    }
    session.update('checkout', (checkout = {}) => ({ ...checkout, address }))
    goTo(response, 'delivery')
  })

  router.post('/checkout/delivery', (request, response) => {
    const session = sessions.get(request)
    const delivery = findDelivery(readField(request, 'delivery'))
    if (!delivery) return goTo(response, 'delivery')
    session.update('checkout', (checkout: Checkout = {}) => ({ ...checkout, deliveryId: delivery.id }))
    goTo(response, 'review')
  })

  /** A transaction: of two clicks that overlap one gets the cart, and the other finds it ordered. */
  router.post('/checkout/review', async (request, response) => {
    const number = String(randomInt(1e9)).padStart(9, '0')
    await sessions.get(request).transaction((values) => {
      const order = describeOrder(number, values.get('cart') ?? {}, values.get('checkout') ?? {})
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
    sendPage(response, orderPage(readVisitor(session, request), order))
  })

  return router
}

function goTo(response: Response, step: Step): void {
  response.redirect(303, `/checkout/${step}`)
}
