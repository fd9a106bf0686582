import type { NextFunction, Request, Response } from 'express'
import { HttpError } from './errors.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses requests that another site made a visitor's browser send (cross-site request forgery). Use it before every
 * route that changes something.
 */
export function requireSameOrigin(request: Request, _response: Response, next: NextFunction): void {
  if (safeMethods.has(request.method) || isSameOrigin(request)) return next()
  next(new HttpError(403, 'This form was not sent from a page of this shop.'))
}

/**
 * Browsers without Sec-Fetch-Site send Origin with a form. A request with neither is refused. Behind a proxy, set
 * Express's `trust proxy`: otherwise the protocol is that of the connection from the proxy, and no origin matches.
 */
function isSameOrigin(request: Request): boolean {
  const site = request.get('Sec-Fetch-Site')
  if (site !== undefined) return site === 'same-origin'
  return request.get('Origin') === `${request.protocol}://${request.host}`
}
