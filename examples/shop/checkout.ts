import { hash } from 'node:crypto'
import { listLines, sumPrices } from './cart.ts'
import type { Cart, CartLine } from './cart.ts'

/** In the order of the form. */
export const addressFields = ['name', 'street', 'postcode', 'city'] as const

export type AddressField = (typeof addressFields)[number]

export type Address = Readonly<Record<AddressField, string>>

export const maxFieldLength = 100

/** What is wrong with each invalid field. */
export type AddressProblems = Partial<Record<AddressField, 'missing' | 'too long'>>

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
  /** The {@link fingerprint} of the review that the visitor confirmed. */
  readonly reviewed: string
  readonly lines: readonly CartLine[]
  readonly delivery: Delivery
  readonly address: Address
}

export function findProblems(address: Address): AddressProblems {
  const problems: AddressProblems = {}
  for (const field of addressFields) {
    if (address[field] === '') problems[field] = 'missing'
    if (address[field].length > maxFieldLength) problems[field] = 'too long'
  }
  return problems
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
export function computeTotal(lines: readonly CartLine[], delivery: Delivery | undefined): number {
  return sumPrices(lines) + (delivery?.price ?? 0)
}

/** Identifies everything that the review page shows, prices included. */
export function fingerprint(cart: Cart, { address, deliveryId }: Checkout): string {
  return hash('sha256', JSON.stringify([listLines(cart), address, findDelivery(deliveryId)]))
}

/** Returns `undefined` if the cart is empty or the checkout is not complete. */
export function createOrder(number: string, cart: Cart, checkout: Checkout): Order | undefined {
  const lines = listLines(cart)
  const { address } = checkout
  const delivery = findDelivery(checkout.deliveryId)
  if (!address || !delivery || lines.length === 0) return undefined
  return { number, reviewed: fingerprint(cart, checkout), lines, delivery, address }
}
