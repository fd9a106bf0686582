import type { Response } from 'express'
import type { Html } from '../pages/html.ts'

/** Sends a page. The browser keeps no copy: after a logout, going back shows nothing of the cart. */
export function sendPage(response: Response, page: Html): void {
  response.set('Cache-Control', 'no-store').type('html').send(page.toString())
}
