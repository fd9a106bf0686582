import type { Request } from 'express'

/** Reads a field of the submitted form; empty if it is missing or was sent twice. */
export function readField(request: Request, name: string): string {
  const fields: Record<string, unknown> = request.body ?? {}
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}

/** Reads a whole number; `undefined` for any other text. */
export function readNumber(request: Request, name: string): number | undefined {
  const text = readField(request, name)
  return /^-?\d+$/.test(text) ? Number(text) : undefined
}

/** Returns a path of the shop, and `/` for anything else, so that no request can redirect a visitor to another site. */
export function checkPath(path: unknown): string {
  return typeof path === 'string' && /^\/(?!\/)[\w/-]*$/.test(path) ? path : '/'
}
