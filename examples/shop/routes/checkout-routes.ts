import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import type { Request, Response } from 'express'
import { countItems } from '../cart.ts'
import { addressFields, findDelivery, findOpenStep, findProblems, steps } from '../checkout.ts'
import type { Address, Step } from '../checkout.ts'
import { renderAddressPage, renderDeliveryPage, renderReviewPage } from '../pages/checkout-pages.ts'
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
    if (step === 'address') sendPage(response, renderAddressPage(visitor, checkout))
    if (step === 'delivery') sendPage(response, renderDeliveryPage(visitor, checkout))
    if (step === 'review') sendPage(response, renderReviewPage(visitor, checkout))
  })

  router.post('/checkout/address', (request, response) => {
    const session = sessions.get(request)
    const address = readAddress(request)
    const problems = findProblems(address)
    if (Object.keys(problems).length > 0) {
      const entered = { ...session.get('checkout'), address }
      const page = renderAddressPage(readVisitor(session, request), entered, problems)
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

  return router
}

function readAddress(request: Request): Address {
  const entries = addressFields.map((field) => [field, readField(request, field).trim()])
  return Object.fromEntries(entries) as Address
}

function redirectToStep(response: Response, step: Step): void {
  response.redirect(303, `/checkout/${step}`)
}
