import { listLines, sumPrices } from './cart.ts'
import type { Cart } from './cart.ts'

/** The parts of an address, in the order of the form. */
export const addressFields = ['name', 'street', 'postcode', 'city'] as const

export type AddressField = (typeof addressFields)[number]

export type Address = Readonly<Record<AddressField, string>>

export interface Delivery {
  readonly id: string
  readonly name: string
  readonly promise: string
  /** In cents. */
  readonly price: number
}

export const deliveries: readonly Delivery[] = [
  { id: 'parcel', name: 'Parcel', promise: 'at your door in two to four days', price: 490 },
  { id: 'express', name: 'Express', promise: 'at your door tomorrow before noon', price: 1290 },
  { id: 'counter', name: 'Our counter', promise: 'for a ticket, from tomorrow', price: 0 },
]

/** What a visitor has filled in so far. */
export interface Checkout {
  readonly address?: Address
  readonly deliveryId?: string
}

/** The steps, in their order. */
export const steps = ['address', 'delivery', 'review'] as const

export type Step = (typeof steps)[number]

/** The first step that is not done: where a visitor goes on who comes back. */
export function findOpenStep({ address, deliveryId }: Checkout): Step {
  if (!address) return 'address'
  return findDelivery(deliveryId) ? 'review' : 'delivery'
}

export function findDelivery(id: string | undefined): Delivery | undefined {
  return deliveries.find((delivery) => delivery.id === id)
}

export interface Order {
  readonly number: string
  /** In cents. */
  readonly total: number
  readonly name: string
  readonly promise: string
}

/** In cents. */
export function totalOf(cart: Cart, delivery: Delivery): number {
  return sumPrices(listLines(cart)) + delivery.price
}

/** The order that a cart and a complete checkout come to; `undefined` when there is nothing to order yet. */
export function describeOrder(number: string, cart: Cart, checkout: Checkout): Order | undefined {
  const { address } = checkout
  const delivery = findDelivery(checkout.deliveryId)
  if (!address || !delivery || listLines(cart).length === 0) return undefined
  return { number, total: totalOf(cart, delivery), name: address.name, promise: delivery.promise }
}
