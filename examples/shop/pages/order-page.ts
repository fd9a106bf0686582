import type { Order } from '../checkout.ts'
import type { Visitor } from '../visitor.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'
import { renderOrderSummary } from './order-summary.ts'

export function renderOrderPage(visitor: Visitor, { number, address, lines, delivery }: Order): Html {
  const content = html`
    <div class="sheet">
      <p>Thank you, ${address.name}. Your order will be ${delivery.estimate}.</p>
      <p>Order number <strong class="number">${number}</strong></p>
      ${renderOrderSummary(lines, delivery)}
      <a class="button" href="/">Continue shopping</a>
    </div>`
  return renderPage('Order confirmed', content, visitor)
}
