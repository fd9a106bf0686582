import { html } from './html.ts'
import type { Html } from './html.ts'

/** The content of a page that has nothing else to show: a picture, a text and a way back to the shop. */
export function renderEmpty(picture: string, text: string): Html {
  return html`
    <div class="empty">
      <img src="/pictures/${picture}.svg" alt="" width="320" height="240">
      <p>${text}</p>
      <a class="button" href="/">Continue shopping</a>
    </div>`
}
