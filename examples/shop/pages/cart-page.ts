import { highestCount, listLines, sumPrices } from '../cart.ts'
import type { CartLine } from '../cart.ts'
import type { Visitor } from '../visitor.ts'
import { formatPrice } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { layOut } from './layout.ts'

export function cartPage(visitor: Visitor): Html {
  const lines = listLines(visitor.cart)
  return layOut('Your cart', lines.length === 0 ? showNothing() : showLines(lines), visitor)
}

function showNothing(): Html {
  return html`<p>Nothing in it yet. <a href="/">Have a look around.</a></p>`
}

function showLines(lines: readonly CartLine[]): Html {
  return html`
    <ul class="lines">${lines.map(showLine)}</ul>
    <p class="total">Total <strong>${formatPrice(sumPrices(lines))}</strong></p>
    <p class="onward"><a class="button" href="/checkout">To the checkout</a></p>`
}

function showLine({ product, count }: CartLine): Html {
  return html`
    <li>
      <img src="/pictures/${product.id}.svg" alt="" width="80" height="60">
      <h2>${product.name}</h2>
      <form method="post" action="/cart/${product.id}/count">
        <input type="number" name="count" value="${count}" min="0" max="${highestCount}" required
          aria-label="How many of ${product.name}">
        <button class="quiet" aria-label="Update ${product.name}">Update</button>
        <button class="quiet" formaction="/cart/${product.id}/remove" formnovalidate
          aria-label="Remove ${product.name}">Remove</button>
      </form>
      <strong>${formatPrice(product.price * count)}</strong>
    </li>`
}
