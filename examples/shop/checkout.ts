import { listLines, sumPrices } from './cart.ts'
import type { Cart } from './cart.ts'

/** In the order of the form. */
export const addressFields = ['name', 'street', 'postcode', 'city'] as const

export type AddressField = (typeof addressFields)[number]

export type Address = Readonly<Record<AddressField, string>>

export interface Delivery {
  readonly id: string
  readonly name: string
  /** Completes "Your order will be …". */
  readonly estimate: string
  /** In cents. */
  readonly price: number
}

export const deliveries: readonly Delivery[] = [
  { id: 'parcel', name: 'Parcel', estimate: 'delivered in two to four days', price: 490 },
  { id: 'express', name: 'Express', estimate: 'delivered tomorrow before noon', price: 1290 },
  { id: 'counter', name: 'Pick-up at our counter', estimate: 'ready tomorrow', price: 0 },
]

/** What a visitor has filled in so far. */
export interface Checkout {
  readonly address?: Address
  readonly deliveryId?: string
}

/** In the order in which they are shown. */
export const steps = ['address', 'delivery', 'review'] as const

export type Step = (typeof steps)[number]

export interface Order {
  readonly number: string
  /** In cents. */
  readonly total: number
  readonly name: string
  readonly estimate: string
}

/** The first step that is not complete: where a visitor who comes back continues. */
export function findOpenStep({ address, deliveryId }: Checkout): Step {
  if (!address) return 'address'
  return findDelivery(deliveryId) ? 'review' : 'delivery'
}

export function findDelivery(id: string | undefined): Delivery | undefined {
  return deliveries.find((delivery) => delivery.id === id)
}

/** In cents. */
export function computeTotal(cart: Cart, delivery: Delivery): number {
  return sumPrices(listLines(cart)) + delivery.price
}

/** Returns `undefined` if the cart is empty or the checkout is not complete. */
export function createOrder(number: string, cart: Cart, checkout: Checkout): Order | undefined {
  const { address } = checkout
  const delivery = findDelivery(checkout.deliveryId)
  if (!address || !delivery || listLines(cart).length === 0) return undefined
  return { number, total: computeTotal(cart, delivery), name: address.name, estimate: delivery.estimate }
}
