import type { Response } from 'express'
import type { Html } from '../pages/html.ts'

/** Sends a page that browsers must not keep: after a logout, the back button must not show the cart. */
export function sendPage(response: Response, page: Html): void {
  response.set('Cache-Control', 'no-store').type('html').send(page.toString())
}
