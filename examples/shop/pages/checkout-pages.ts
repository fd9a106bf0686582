import { listLines } from '../cart.ts'
import { deliveries, findDelivery, findOpenStep, fingerprint, steps } from '../checkout.ts'
import type { AddressProblems, Checkout, Delivery, Step } from '../checkout.ts'
import type { Visitor } from '../visitor.ts'
import { renderAddressForm } from './address-form.ts'
import { formatPrice } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'
import { renderOrderSummary } from './order-summary.ts'

/** @param problems - What was wrong in a failed attempt; `checkout` then contains what was entered. */
export function renderAddressPage(
  visitor: Visitor,
  checkout: Checkout,
  problems: AddressProblems = {},
): Html {
  const content = html`
    ${renderAddressForm(checkout.address, problems)}
    ${renderCartSummary(visitor, checkout)}`
  return renderPage('Delivery address', renderStep('address', checkout, content), visitor)
}

export function renderDeliveryPage(visitor: Visitor, checkout: Checkout): Html {
  const { deliveryId = 'parcel' } = checkout
  const content = html`
    <form class="sheet" method="post" action="/checkout/delivery">
      <fieldset>
        <legend>How would you like to receive your order?</legend>
        ${deliveries.map((delivery) => renderDelivery(delivery, delivery.id === deliveryId))}
      </fieldset>
      <button>Continue to review</button>
      <a class="back" href="/checkout/address">Back to address</a>
    </form>
    ${renderCartSummary(visitor, checkout)}`
  return renderPage('Delivery', renderStep('delivery', checkout, content), visitor)
}

function renderDelivery({ id, name, estimate, price }: Delivery, isChosen: boolean): Html {
  return html`
    <label class="choice">
      <input type="radio" name="delivery" value="${id}" required ${isChosen ? html`checked` : undefined}>
      <span><strong>${name}</strong>, ${estimate}</span>
      <span>${formatPrice(price)}</span>
    </label>`
}

/** The checkout must be complete. */
export function renderReviewPage(visitor: Visitor, checkout: Checkout): Html {
  const { address } = checkout
  const delivery = findDelivery(checkout.deliveryId)
  const content = html`
    <div class="sheet">
      <h2>Delivery address</h2>
      <p>${address?.name}<br>${address?.street}<br>${address?.postcode} ${address?.city}</p>
      <a class="back" href="/checkout/address">Change address</a>
      <h2>Delivery</h2>
      <p>${delivery?.name}, ${delivery?.estimate}</p>
      <a class="back" href="/checkout/delivery">Change delivery</a>
    </div>
    <form class="sheet" method="post" action="/checkout/review">
      <h2>Your order</h2>
      ${renderOrderSummary(listLines(visitor.cart), delivery)}
      <input type="hidden" name="reviewed" value="${fingerprint(visitor.cart, checkout)}">
      <button>Place order</button>
    </form>`
  return renderPage('Review your order', renderStep('review', checkout, content), visitor)
}

function renderCartSummary({ cart }: Visitor, { deliveryId }: Checkout): Html {
  return html`
    <section class="sheet" aria-labelledby="summary">
      <h2 id="summary">Your order</h2>
      ${renderOrderSummary(listLines(cart), findDelivery(deliveryId))}
      <a class="back" href="/cart">Change cart</a>
    </section>`
}

function renderStep(current: Step, checkout: Checkout, content: Html): Html {
  const open = steps.indexOf(findOpenStep(checkout))
  const items = steps.map((step, index) => {
    const name = { address: 'Address', delivery: 'Delivery', review: 'Review' }[step]
    if (step === current) return html`<li aria-current="step">${name}</li>`
    return index < open
      ? html`<li class="done"><a href="/checkout/${step}">${name}</a></li>`
      : html`<li>${name}</li>`
  })
  return html`<ol class="steps" aria-label="Checkout">${items}</ol><div class="columns">${content}</div>`
}
