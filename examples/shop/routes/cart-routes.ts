import type { SessionManager } from 'coatcheck'
import { Router } from 'express'
import { addOne, setCount } from '../cart.ts'
import { findProduct } from '../catalogue.ts'
import type { Product } from '../catalogue.ts'
import { renderCartPage } from '../pages/cart-page.ts'
import type { ShopData } from '../session-data.ts'
import { readVisitor } from '../visitor.ts'
import { HttpError } from '../web/errors.ts'
import { readNumber } from '../web/form.ts'
import { sendPage } from '../web/send-page.ts'

/** Every change is an `update`, so that all clicks count, even when requests overlap. */
export function createCartRoutes(sessions: SessionManager<ShopData>): Router {
  const router = Router()

  router.get('/cart', (request, response) => {
    sendPage(response, renderCartPage(readVisitor(sessions.get(request), request)))
  })

  router.post('/cart/:productId/add', (request, response) => {
    const product = requireProduct(request.params.productId)
    const session = sessions.get(request)
    session.update('cart', (cart = {}) => addOne(cart, product.id))
    session.flash('notice', `${product.name} added to your cart`)
    response.redirect(303, '/')
  })

  router.post('/cart/:productId/count', (request, response) => {
    const product = requireProduct(request.params.productId)
    const count = readNumber(request, 'count')
    if (count === undefined) throw new HttpError(400, 'The quantity must be a whole number.')
    sessions.get(request).update('cart', (cart = {}) => setCount(cart, product.id, count))
    response.redirect(303, '/cart')
  })

  router.post('/cart/:productId/remove', (request, response) => {
    const product = requireProduct(request.params.productId)
    sessions.get(request).update('cart', (cart = {}) => setCount(cart, product.id, 0))
    response.redirect(303, '/cart')
  })

  return router
}

function requireProduct(id: string): Product {
  const product = findProduct(id)
  if (!product) throw new HttpError(404, 'This product does not exist.')
  return product
}
