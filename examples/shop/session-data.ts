import type { Cart } from './cart.ts'
import type { Checkout, Order } from './checkout.ts'
import type { Theme } from './theme.ts'

/** What the shop keeps in a session. */
export interface ShopData {
  cart: Cart
  /** A checkout that was begun: it waits here until the visitor comes back. */
  checkout: Checkout
  /** The last order. A real shop writes it to its own database as well. */
  order: Order
  /** Without one the page follows the browser. */
  theme: Theme
}
