import type { Order } from '../checkout.ts'
import type { Visitor } from '../visitor.ts'
import { formatPrice } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { layOut } from './layout.ts'

export function orderPage(visitor: Visitor, { number, name, promise, total }: Order): Html {
  const content = html`
    <div class="sheet">
      <p>Order <strong class="number">${number}</strong></p>
      <p>Thank you, ${name}. It will be ${promise}, and comes to <strong>${formatPrice(total)}</strong>.</p>
      <a href="/">Back to the collection</a>
    </div>`
  return layOut('It is yours', content, visitor)
}
