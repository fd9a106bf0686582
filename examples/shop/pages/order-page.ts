import type { Order } from '../checkout.ts'
import type { Visitor } from '../visitor.ts'
import { formatPrice } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'

export function renderOrderPage(visitor: Visitor, { number, name, estimate, total }: Order): Html {
  const content = html`
    <div class="sheet">
      <p>Order number <strong class="number">${number}</strong></p>
      <p>Thank you, ${name}. Your order will be ${estimate} and comes to <strong>${formatPrice(total)}</strong>.</p>
      <a href="/">Continue shopping</a>
    </div>`
  return renderPage('Order confirmed', content, visitor)
}
