import { products } from '../catalogue.ts'
import type { Product } from '../catalogue.ts'
import type { Visitor } from '../visitor.ts'
import { formatPrice } from './format.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'

export function renderProductsPage(visitor: Visitor): Html {
  return renderPage('The collection', html`<ul class="products">${products.map(renderProduct)}</ul>`, visitor)
}

function renderProduct({ id, name, description, price }: Product): Html {
  return html`
    <li id="${id}">
      <img src="/pictures/${id}.svg" alt="" width="320" height="240">
      <h2>${name}</h2>
      <p>${description}</p>
      <form method="post" action="/cart/${id}/add">
        <strong>${formatPrice(price)}</strong>
        <button aria-label="Add to cart: ${name}">Add to cart</button>
      </form>
    </li>`
}
