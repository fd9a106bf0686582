import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import { addOne, setCount } from '../cart.ts'
import { findProduct } from '../catalogue.ts'
import { renderCartPage } from '../pages/cart-page.ts'
import type { ShopData } from '../session-data.ts'
import { notify, readVisitor } from '../visitor.ts'
import { HttpError } from '../web/errors.ts'
import { readNumber } from '../web/form.ts'
import { sendPage } from '../web/send-page.ts'

/** Every change is an `update`, so that all clicks count, even when requests overlap. */
export function createCartRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  router.get('/cart', (request, response) => {
    sendPage(response, renderCartPage(readVisitor(sessions.get(request), request)))
  })

  router.post('/cart/:productId/add', (request, response, next) => {
    const product = findProduct(request.params.productId)
    if (!product) return next()
    const session = sessions.get(request)
    session.update('cart', (cart = {}) => addOne(cart, product.id))
    notify(session, 'added', product.name)
    response.redirect(303, `/#${product.id}`)
  })

  router.post('/cart/:productId/count', (request, response, next) => {
    const product = findProduct(request.params.productId)
    if (!product) return next()
    const count = readNumber(request, 'count')
    if (count === undefined) throw new HttpError(400, 'The quantity must be a whole number.')
    sessions.get(request).update('cart', (cart = {}) => setCount(cart, product.id, count))
    response.redirect(303, '/cart')
  })

  router.post('/cart/:productId/remove', (request, response, next) => {
    const product = findProduct(request.params.productId)
    if (!product) return next()
    sessions.get(request).update('cart', (cart = {}) => setCount(cart, product.id, 0))
    response.redirect(303, '/cart')
  })

  return router
}
