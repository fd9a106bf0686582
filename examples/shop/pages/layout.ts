import { countItems } from '../cart.ts'
import { themes } from '../theme.ts'
import type { User } from '../users.ts'
import type { Visitor } from '../visitor.ts'
import { html } from './html.ts'
import type { Html } from './html.ts'

/** Renders a whole page. Without a visitor it shows nothing from a session. */
export function renderPage(title: string, content: Html, visitor?: Visitor): Html {
  return html`<!doctype html>
<html lang="en" data-theme="${visitor?.theme ?? 'auto'}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="${visitor?.theme ?? 'light dark'}">
  <title>${title} · Coats and company</title>
  <link rel="icon" href="/pictures/ticket.svg">
  <link rel="stylesheet" href="/shop.css">
</head>
<body>
  <a class="skip" href="#content">Skip to content</a>
  <header>
    <a class="brand" href="/"><img src="/pictures/ticket.svg" alt="" width="32" height="32">Coats and company</a>
    ${visitor && renderVisitor(visitor)}
  </header>
  <main id="content">
    ${visitor?.notices.map((notice) => html`<p class="notice" role="status">${notice}</p>`)}
    <h1>${title}</h1>
    ${content}
  </main>
  <footer>
    <p>A coatcheck example: the browser holds a ticket, the shop keeps the coat.</p>
    ${visitor && renderThemes(visitor)}
  </footer>
</body>
</html>
`
}

function renderVisitor({ user, cart }: Visitor): Html {
  return html`
    <nav aria-label="Shop">
      <a href="/cart">Cart <span class="count">${countItems(cart)}</span></a>
      ${user ? renderUser(user) : html`<a href="/login">Sign in</a>`}
    </nav>`
}

function renderUser(user: User): Html {
  return html`
    <a href="/devices">My devices</a>
    <form method="post" action="/logout"><button class="quiet">Sign out <strong>${user.name}</strong></button></form>`
}

function renderThemes({ theme, path }: Visitor): Html {
  const buttons = ['auto', ...themes].map(
    (each) => html`
      <button class="quiet" name="theme" value="${each}" aria-pressed="${String(each === (theme ?? 'auto'))}">${each}</button>`,
  )
  return html`
    <form class="themes" method="post" action="/theme" aria-label="Theme">
      <input type="hidden" name="path" value="${path}">${buttons}
    </form>`
}
