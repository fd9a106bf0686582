import { listLines } from '../cart.ts'
import { addressFields, deliveries, findDelivery, steps, totalOf } from '../checkout.ts'
import type { Address, AddressField, Checkout, Delivery, Step } from '../checkout.ts'
import type { Visitor } from '../visitor.ts'
import { formatPrice } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { layOut } from './layout.ts'

const fields: Record<AddressField, { label: string; autocomplete: string }> = {
  name: { label: 'Name', autocomplete: 'name' },
  street: { label: 'Street and number', autocomplete: 'street-address' },
  postcode: { label: 'Postcode', autocomplete: 'postal-code' },
  city: { label: 'City', autocomplete: 'address-level2' },
}

/** @param missing - The fields of an attempt that were empty or too long. */
export function addressPage(
  visitor: Visitor,
  address: Partial<Address>,
  missing: ReadonlySet<AddressField> = new Set(),
): Html {
  const content = html`
    <form class="sheet" method="post" action="/checkout/address" novalidate>
      ${addressFields.map((field) => showField(field, address[field], missing.has(field)))}
      <button>On to the delivery</button>
    </form>`
  return layOutStep('address', 'Where does it go?', content, visitor)
}

function showField(field: AddressField, value: string | undefined, isMissing: boolean): Html {
  const { label, autocomplete } = fields[field]
  return html`
    <label>${label}
      <input name="${field}" value="${value}" autocomplete="${autocomplete}" maxlength="100" required
        aria-invalid="${String(isMissing)}">
      ${isMissing ? html`<span class="failure" role="alert">${label}, please: up to 100 characters.</span>` : undefined}
    </label>`
}

export function deliveryPage(visitor: Visitor, { deliveryId = 'parcel' }: Checkout): Html {
  const content = html`
    <form class="sheet" method="post" action="/checkout/delivery">
      <fieldset>
        <legend>How shall it come?</legend>
        ${deliveries.map((delivery) => showDelivery(delivery, delivery.id === deliveryId))}
      </fieldset>
      <button>On to the review</button>
      <a href="/checkout/address">Back to the address</a>
    </form>`
  return layOutStep('delivery', 'Delivery', content, visitor)
}

function showDelivery({ id, name, promise, price }: Delivery, isChosen: boolean): Html {
  return html`
    <label class="choice">
      <input type="radio" name="delivery" value="${id}" required ${isChosen ? html`checked` : undefined}>
      <span><strong>${name}</strong>, ${promise}</span>
      <span>${price === 0 ? 'free' : formatPrice(price)}</span>
    </label>`
}

/** Of a checkout that is complete. */
export function reviewPage(visitor: Visitor, { address, deliveryId }: Checkout): Html {
  const delivery = findDelivery(deliveryId)
  const content = html`
    <form class="sheet" method="post" action="/checkout/review">
      <ul class="review">${listLines(visitor.cart).map(
        ({ product, count }) =>
          html`<li>${count} × ${product.name} <strong>${formatPrice(product.price * count)}</strong></li>`,
      )}
        <li>${delivery?.name} <strong>${formatPrice(delivery?.price ?? 0)}</strong></li>
      </ul>
      <p class="total">Total <strong>${formatPrice(delivery ? totalOf(visitor.cart, delivery) : 0)}</strong></p>
      <p>For ${address?.name}, ${address?.street}, ${address?.postcode} ${address?.city}.
        <a href="/checkout/address">Change the address</a></p>
      <button>Place the order</button>
      <a href="/checkout/delivery">Back to the delivery</a>
    </form>`
  return layOutStep('review', 'All as it should be?', content, visitor)
}

function layOutStep(current: Step, title: string, content: Html, visitor: Visitor): Html {
  const names: Record<Step, string> = { address: 'Address', delivery: 'Delivery', review: 'Review' }
  const list = steps.map((step) => {
    const mark = step === current ? html` aria-current="step"` : undefined
    return html`<li${mark}>${names[step]}</li>`
  })
  return layOut(title, html`<ol class="steps" aria-label="Checkout">${list}</ol>${content}`, visitor)
}
