import { join } from 'node:path'
import type { SessionManager } from 'coatcheck'
import { session } from 'coatcheck/express'
import express from 'express'
import type { Express, Request } from 'express'
import { addOne, setCount } from './cart.ts'
import type { Cart } from './cart.ts'
import { findProduct } from './catalogue.ts'
import type { Product } from './catalogue.ts'
import { answerError, HttpError } from './errors.ts'
import { readField, readNumber } from './form.ts'
import type { Visitor } from './layout.ts'
import { cartPage, loginPage, productsPage } from './pages.ts'
import { requireSameOrigin } from './same-origin.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { sendPage } from './send-page.ts'
import { checkPassword, findUser } from './users.ts'

/** What the shop keeps in a session. */
export interface ShopData {
  cart: Cart
}

/** Builds the shop. Where its sessions are kept, the manager knows. */
export function createShop(sessions: SessionManager<ShopData>): Express {
  const shop = express()
  shop.disable('x-powered-by')
  shop.use(setSecurityHeaders)
  shop.get('/shop.css', (_request, response) => response.sendFile(join(import.meta.dirname, 'shop.css')))
  shop.use(requireSameOrigin)
  shop.use(express.urlencoded({ extended: false, limit: '2kb', parameterLimit: 10 }))
  shop.use(session(sessions))

  shop.get('/', (request, response) => sendPage(response, productsPage(meet(request))))
  shop.get('/cart', (request, response) => sendPage(response, cartPage(meet(request))))
  shop.get('/login', (request, response) => sendPage(response, loginPage(meet(request))))

  shop.post('/cart/:productId/add', (request, response) => {
    const product = requireProduct(request.params.productId)
    const visit = sessions.get(request)
    visit.update('cart', (cart = {}) => addOne(cart, product.id))
    visit.flash('notice', `${product.name} added to your cart`)
    response.redirect(303, '/')
  })

  shop.post('/cart/:productId/count', (request, response) => {
    const product = requireProduct(request.params.productId)
    const count = readNumber(request, 'count')
    if (count === undefined) throw new HttpError(400, 'A count must be a whole number.')
    sessions.get(request).update('cart', (cart = {}) => setCount(cart, product.id, count))
    response.redirect(303, '/cart')
  })

  shop.post('/cart/:productId/remove', (request, response) => {
    const product = requireProduct(request.params.productId)
    sessions.get(request).update('cart', (cart = {}) => setCount(cart, product.id, 0))
    response.redirect(303, '/cart')
  })

  shop.post('/login', async (request, response) => {
    const name = readField(request, 'name')
    const user = await checkPassword(name, readField(request, 'password'))
    if (!user) return sendPage(response.status(401), loginPage(meet(request), name))
    sessions.get(request).login(user.id)
    response.redirect(303, '/')
  })

  shop.post('/logout', (request, response) => {
    const visit = sessions.get(request)
    visit.logout()
    visit.flash('notice', 'Signed out')
    response.redirect(303, '/')
  })

  shop.use(() => {
    throw new HttpError(404, 'There is no such page.')
  })
  shop.use(answerError)
  return shop

  /** What a page shows of its visitor. Takes the messages: each is shown once. */
  function meet(request: Request): Visitor {
    const visit = sessions.get(request)
    return { user: findUser(visit.userId), cart: visit.get('cart') ?? {}, notices: visit.takeFlash('notice') }
  }
}

function requireProduct(id: string): Product {
  const product = findProduct(id)
  if (!product) throw new HttpError(404, 'There is no such product.')
  return product
}
