import type { CartLine } from '../cart.ts'
import { computeTotal } from '../checkout.ts'
import type { Delivery } from '../checkout.ts'
import { formatPrice } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'

/** Lists what is ordered, with the delivery if it was chosen, and the total. */
export function renderOrderSummary(lines: readonly CartLine[], delivery: Delivery | undefined): Html {
  const name = delivery ? 'Total' : 'Subtotal'
  return html`
    <ul class="summary">${lines.map(
      ({ product, count }) =>
        html`<li>${count} × ${product.name} <span>${formatPrice(product.price * count)}</span></li>`,
    )}
      ${delivery && html`<li>Delivery: ${delivery.name} <span>${formatPrice(delivery.price)}</span></li>`}
      <li><strong>${name}</strong> <strong>${formatPrice(computeTotal(lines, delivery))}</strong></li>
    </ul>`
}
