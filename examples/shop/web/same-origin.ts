import type { NextFunction, Request, Response } from 'express'
import { HttpError } from './errors.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses requests that another site made a visitor's browser send (cross-site request forgery). Use it before every
 * route that changes something.
 */
export function requireSameOrigin(request: Request, _response: Response, next: NextFunction): void {
  if (safeMethods.has(request.method) || isSameOrigin(request)) return next()
  next(new HttpError(403, 'This request came from another site.'))
}

/** Browsers without Sec-Fetch-Site send Origin with a form. A request with neither is refused. */
function isSameOrigin(request: Request): boolean {
  const site = request.get('Sec-Fetch-Site')
  if (site !== undefined) return site === 'same-origin'
  const origin = URL.parse(request.get('Origin') ?? '')
  return origin !== null && origin.host === request.get('Host')
}
