import { highestCount, listLines } from './cart.ts'
import type { CartLine } from './cart.ts'
import { products } from './catalogue.ts'
import type { Product } from './catalogue.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import { layOut } from './layout.ts'
import type { Visitor } from './layout.ts'
import { demoPasswords } from './users.ts'

export function productsPage(visitor: Visitor): Html {
  return layOut('The collection', html`<ul class="products">${products.map(showProduct)}</ul>`, visitor)
}

function showProduct(product: Product): Html {
  return html`
    <li>
      <span class="picture" aria-hidden="true">${product.picture}</span>
      <h2>${product.name}</h2>
      <p>${product.description}</p>
      <form method="post" action="/cart/${product.id}/add">
        <strong>${formatPrice(product.price)}</strong>
        <button aria-label="Add ${product.name} to cart">Add to cart</button>
      </form>
    </li>`
}

export function cartPage(visitor: Visitor): Html {
  const lines = listLines(visitor.cart)
  if (lines.length === 0) {
    return layOut('Your cart', html`<p>Nothing in it yet. <a href="/">Have a look around.</a></p>`, visitor)
  }
  const total = lines.reduce((sum, { product, count }) => sum + product.price * count, 0)
  const content = html`
    <ul class="lines">${lines.map(showLine)}</ul>
    <p class="total">Total <strong>${formatPrice(total)}</strong></p>`
  return layOut('Your cart', content, visitor)
}

function showLine({ product, count }: CartLine): Html {
  return html`
    <li>
      <span class="picture" aria-hidden="true">${product.picture}</span>
      <h2>${product.name}</h2>
      <form method="post" action="/cart/${product.id}/count">
        <input type="number" name="count" value="${count}" min="0" max="${highestCount}" required
          aria-label="How many of ${product.name}">
        <button>Update</button>
        <button class="quiet" formaction="/cart/${product.id}/remove" formnovalidate
          aria-label="Remove ${product.name}">Remove</button>
      </form>
      <strong>${formatPrice(product.price * count)}</strong>
    </li>`
}

/** @param failedName - The name of an attempt that failed. */
export function loginPage(visitor: Visitor, failedName?: string): Html {
  const failure = html`<p class="failure" role="alert">That name and password do not belong together.</p>`
  const content = html`
    ${failedName === undefined ? undefined : failure}
    <form class="login" method="post" action="/login">
      <label>Name <input name="name" value="${failedName}" autocomplete="username" required></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
      <button>Sign in</button>
    </form>
    <p>Two people have an account here:</p>
    <ul>${Object.entries(demoPasswords).map(showDemoUser)}</ul>`
  return layOut('Sign in', content, visitor)
}

function showDemoUser([name, password]: [string, string]): Html {
  return html`<li><code>${name}</code> with <code>${password}</code></li>`
}

/** Shows nothing of the visitor, because the session may be what failed. */
export function errorPage(title: string, message: string): Html {
  return layOut(title, html`<p>${message}</p><p><a href="/">Back to the shop</a></p>`)
}

const priceFormat = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

function formatPrice(cents: number): string {
  return priceFormat.format(cents / 100)
}
