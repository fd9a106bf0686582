import type { Cart } from './cart.ts'
import { countItems } from './cart.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'
import type { User } from './users.ts'

/** What every page shows of the one who looks at it. */
export interface Visitor {
  readonly user: User | undefined
  readonly cart: Cart
  readonly notices: readonly string[]
}

/** A whole page. Without a visitor it shows nothing that comes from a session. */
export function layOut(title: string, content: Html, visitor?: Visitor): Html {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · Coats and company</title>
  <link rel="stylesheet" href="/shop.css">
</head>
<body>
  <header>
    <a class="brand" href="/">Coats and company</a>
    ${visitor && showVisitor(visitor)}
  </header>
  <main>
    ${visitor?.notices.map((notice) => html`<p class="notice" role="status">${notice}</p>`)}
    <h1>${title}</h1>
    ${content}
  </main>
</body>
</html>
`
}

function showVisitor({ user, cart }: Visitor): Html {
  return html`
    <nav>
      <a href="/cart">Cart (${countItems(cart)})</a>
      ${user ? showUser(user) : html`<a href="/login">Sign in</a>`}
    </nav>`
}

function showUser(user: User): Html {
  return html`
    <span>Signed in as <strong>${user.name}</strong></span>
    <form method="post" action="/logout"><button class="quiet">Sign out</button></form>`
}
