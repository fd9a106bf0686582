import { listLines } from '../cart.ts'
import { addressFields, computeTotal, deliveries, findDelivery, steps } from '../checkout.ts'
import type { Address, AddressField, Checkout, Delivery, Step } from '../checkout.ts'
import type { Visitor } from '../visitor.ts'
import { formatPrice } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'

const fields: Record<AddressField, { label: string; autocomplete: string }> = {
  name: { label: 'Name', autocomplete: 'name' },
  street: { label: 'Street address', autocomplete: 'street-address' },
  postcode: { label: 'Postcode', autocomplete: 'postal-code' },
  city: { label: 'City', autocomplete: 'address-level2' },
}

/** @param invalid - The fields of a failed attempt that were empty or too long. */
export function renderAddressPage(
  visitor: Visitor,
  address: Partial<Address>,
  invalid: ReadonlySet<AddressField> = new Set(),
): Html {
  const content = html`
    <form class="sheet" method="post" action="/checkout/address" novalidate>
      ${addressFields.map((field) => renderField(field, address[field], invalid.has(field)))}
      <button>Continue to delivery</button>
    </form>`
  return renderStep('address', 'Delivery address', content, visitor)
}

function renderField(field: AddressField, value: string | undefined, isInvalid: boolean): Html {
  const { label, autocomplete } = fields[field]
  const failure = html`<span class="failure" role="alert">Please enter your ${label.toLowerCase()}, up to 100 characters.</span>`
  return html`
    <label>${label}
      <input name="${field}" value="${value}" autocomplete="${autocomplete}" maxlength="100" required
        aria-invalid="${String(isInvalid)}">
      ${isInvalid ? failure : undefined}
    </label>`
}

export function renderDeliveryPage(visitor: Visitor, { deliveryId = 'parcel' }: Checkout): Html {
  const content = html`
    <form class="sheet" method="post" action="/checkout/delivery">
      <fieldset>
        <legend>How would you like to receive your order?</legend>
        ${deliveries.map((delivery) => renderDelivery(delivery, delivery.id === deliveryId))}
      </fieldset>
      <button>Continue to review</button>
      <a href="/checkout/address">Back to address</a>
    </form>`
  return renderStep('delivery', 'Delivery', content, visitor)
}

function renderDelivery({ id, name, estimate, price }: Delivery, isChosen: boolean): Html {
  return html`
    <label class="choice">
      <input type="radio" name="delivery" value="${id}" required ${isChosen ? html`checked` : undefined}>
      <span><strong>${name}</strong>, ${estimate}</span>
      <span>${price === 0 ? 'Free' : formatPrice(price)}</span>
    </label>`
}

/** The checkout must be complete. */
export function renderReviewPage(visitor: Visitor, { address, deliveryId }: Checkout): Html {
  const delivery = findDelivery(deliveryId)
  const content = html`
    <form class="sheet" method="post" action="/checkout/review">
      <ul class="review">${listLines(visitor.cart).map(
        ({ product, count }) =>
          html`<li>${count} × ${product.name} <strong>${formatPrice(product.price * count)}</strong></li>`,
      )}
        <li>${delivery?.name} <strong>${formatPrice(delivery?.price ?? 0)}</strong></li>
      </ul>
      <p class="total">Total <strong>${formatPrice(delivery ? computeTotal(visitor.cart, delivery) : 0)}</strong></p>
      <p>${address?.name}, ${address?.street}, ${address?.postcode} ${address?.city}.
        <a href="/checkout/address">Change address</a></p>
      <button>Place order</button>
      <a href="/checkout/delivery">Back to delivery</a>
    </form>`
  return renderStep('review', 'Review your order', content, visitor)
}

function renderStep(current: Step, title: string, content: Html, visitor: Visitor): Html {
  const names: Record<Step, string> = { address: 'Address', delivery: 'Delivery', review: 'Review' }
  const list = steps.map((step) => {
    const currentMark = step === current ? html` aria-current="step"` : undefined
    return html`<li${currentMark}>${names[step]}</li>`
  })
  return renderPage(title, html`<ol class="steps" aria-label="Checkout">${list}</ol>${content}`, visitor)
}
