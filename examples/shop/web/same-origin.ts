import type { NextFunction, Request, Response } from 'express'
import { HttpError } from './errors.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses what another site made a visitor's browser send. Put it before everything that changes something. */
export function requireSameOrigin(request: Request, _response: Response, next: NextFunction): void {
  if (safeMethods.has(request.method) || isSameOrigin(request)) return next()
  next(new HttpError(403, 'This request came from another site.'))
}

/** Browsers that leave out Sec-Fetch-Site send Origin; what sends neither is no form of ours. */
function isSameOrigin(request: Request): boolean {
  const site = request.get('Sec-Fetch-Site')
  if (site !== undefined) return site === 'same-origin'
  const origin = URL.parse(request.get('Origin') ?? '')
  return origin !== null && origin.host === request.get('Host')
}
