import { html } from './html.ts'
import type { Html } from './html.ts'

const price = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' })
const minute = new Intl.DateTimeFormat('en', { timeStyle: 'short' })

export function formatPrice(cents: number): string {
  return cents === 0 ? 'Free' : price.format(cents / 100)
}

/** Renders the day, as in "Nov 24", in the server's time zone: without a script, the visitor's is not known. */
export function renderDay(time: Date): Html {
  return html`<time datetime="${time.toISOString()}">${formatDay(time)}</time>`
}

/** Renders day and time, as in "today, 3:09 PM". */
export function renderTime(time: Date): Html {
  return html`<time datetime="${time.toISOString()}">${formatDay(time)}, ${minute.format(time)}</time>`
}

function formatDay(time: Date): string {
  const text = day.format(time)
  return text === day.format(new Date()) ? 'today' : text
}
