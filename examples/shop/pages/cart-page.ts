import { listLines, maxCount, sumPrices } from '../cart.ts'
import type { CartLine } from '../cart.ts'
import type { Visitor } from '../visitor.ts'
import { renderEmpty } from './empty.ts'
import { formatPrice } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'

export function renderCartPage(visitor: Visitor): Html {
  const lines = listLines(visitor.cart)
  return lines.length === 0
    ? renderPage(
        'Your cart is empty',
        renderEmpty('gloves', 'Everything you add waits for you here.'),
        visitor,
      )
    : renderPage('Your cart', renderLines(lines), visitor)
}

function renderLines(lines: readonly CartLine[]): Html {
  return html`
    <ul class="lines">${lines.map(renderLine)}</ul>
    <p class="total">Total <strong>${formatPrice(sumPrices(lines))}</strong></p>
    <p class="onward"><a class="button" href="/checkout">Go to checkout</a></p>`
}

function renderLine({ product, count }: CartLine): Html {
  return html`
    <li>
      <img src="/pictures/${product.id}.svg" alt="" width="80" height="60">
      <h2>${product.name}</h2>
      <form method="post" action="/cart/${product.id}/count">
        <input type="number" name="count" value="${count}" min="0" max="${maxCount}" required
          aria-label="Quantity of ${product.name}">
        <button class="quiet" aria-label="Update ${product.name}">Update</button>
        <button class="quiet" formaction="/cart/${product.id}/remove" formnovalidate
          aria-label="Remove ${product.name}">Remove</button>
      </form>
      <strong>${formatPrice(product.price * count)}</strong>
    </li>`
}
