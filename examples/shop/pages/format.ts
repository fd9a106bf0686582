import { html } from './html.ts'
import type { Html } from './html.ts'

const price = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })
const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

export function formatPrice(cents: number): string {
  return price.format(cents / 100)
}

export function renderTime(time: Date): Html {
  return html`<time datetime="${time.toISOString()}">${moment.format(time)}</time>`
}
