import { html } from './html.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'

/** Shows nothing from the session, because the session may be what failed. */
export function renderErrorPage(title: string, message: string): Html {
  return renderPage(title, html`<p>${message}</p><p><a href="/">Back to the shop</a></p>`)
}
