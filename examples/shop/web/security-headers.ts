import type { NextFunction, Request, Response } from 'express'

/** Allows what the shop uses, its own style sheet, pictures and forms, and nothing else: no scripts, no frames. */
const securityHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
}

export function setSecurityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set(securityHeaders)
  next()
}
