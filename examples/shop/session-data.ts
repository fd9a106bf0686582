import type { Cart } from './cart.ts'
import type { Checkout, Order } from './checkout.ts'
import type { Theme } from './theme.ts'

/** What the shop keeps in a session. */
export interface ShopData {
  cart: Cart
  /** A checkout that was started, so that the visitor can come back and continue. */
  checkout: Checkout
  /** The last order. A real shop would also write it to its own database. */
  order: Order
  /** Not set: the page follows the browser's setting. */
  theme: Theme
}
