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
    <a class="brand" href="/">Coats and company</a>
    <nav aria-label="Shop">${visitor ? renderVisitor(visitor) : html`<a href="/cart">Cart</a>`}</nav>
  </header>
  <main id="content">
    ${visitor && renderNotices(visitor)}
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

function renderVisitor({ user, cart, path }: Visitor): Html {
  const signIn = path === '/login' ? undefined : html`<a href="/login?from=${path}">Sign in</a>`
  return html`
      <a href="/cart">Cart <span class="count">${countItems(cart)}</span></a>
      ${user ? renderUser(user) : signIn}`
}

function renderUser(user: User): Html {
  return html`
    <a href="/devices">My devices</a>
    <form method="post" action="/logout"><button class="quiet">Sign out <strong>${user.name}</strong></button></form>`
}

function renderNotices({ notices, added }: Visitor): Html {
  const addedNotices = added.map((name) => html`${name} added to your cart. <a href="/cart">View cart</a>`)
  return html`${[...notices, ...addedNotices].map((notice) => html`<p class="notice" role="status">${notice}</p>`)}`
}

function renderThemes({ theme, path }: Visitor): Html {
  const names = { auto: 'Auto', light: 'Light', dark: 'Dark' }
  const buttons = (['auto', ...themes] as const).map(
    (each) => html`
      <button class="quiet" name="theme" value="${each}" aria-pressed="${String(each === (theme ?? 'auto'))}">${names[each]}</button>`,
  )
  return html`
    <form class="themes" method="post" action="/theme" aria-label="Theme">
      <input type="hidden" name="path" value="${path}">${buttons}
    </form>`
}
