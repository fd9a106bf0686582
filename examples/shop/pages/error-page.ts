import { html } from './html.ts'
import type { Html } from './html.ts'
import { layOut } from './layout.ts'

/** Shows nothing of the visitor, because the session may be what failed. */
export function errorPage(title: string, message: string): Html {
  return layOut(title, html`<p>${message}</p><p><a href="/">Back to the shop</a></p>`)
}
