import { findProduct } from './catalogue.ts'
import type { Product } from './catalogue.ts'

/** How many of each product, by product id. */
export type Cart = Readonly<Record<string, number>>

export interface CartLine {
  readonly product: Product
  readonly count: number
}

export const maxCount = 99

/** A copy of the cart with another count of one product, from 0 to {@link maxCount}; 0 removes the product. */
export function setCount(cart: Cart, productId: string, count: number): Cart {
  const { [productId]: _previous, ...others } = cart
  const clamped = Math.min(Math.max(count, 0), maxCount)
  return clamped === 0 ? others : { ...cart, [productId]: clamped }
}

export function addOne(cart: Cart, productId: string): Cart {
  return setCount(cart, productId, (cart[productId] ?? 0) + 1)
}

export function countItems(cart: Cart): number {
  return listLines(cart).reduce((sum, { count }) => sum + count, 0)
}

/** The products in the order they were added, except those that are no longer sold. */
export function listLines(cart: Cart): CartLine[] {
  return Object.entries(cart).flatMap(([id, count]) => {
    const product = findProduct(id)
    return product ? [{ product, count }] : []
  })
}

/** In cents. */
export function sumPrices(lines: readonly CartLine[]): number {
  return lines.reduce((sum, { product, count }) => sum + product.price * count, 0)
}
