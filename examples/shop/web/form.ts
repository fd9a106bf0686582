import type { Request } from 'express'

/** A field of the form that was sent; empty when it is missing or came twice. */
export function readField(request: Request, name: string): string {
  const fields: Record<string, unknown> = request.body ?? {}
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}

/** A whole number, or `undefined` for any other text. */
export function readNumber(request: Request, name: string): number | undefined {
  const text = readField(request, name)
  return /^-?\d+$/.test(text) ? Number(text) : undefined
}

/** A path of the shop; `/` for anything else: nobody is sent to another site by a form that says so. */
export function readPath(request: Request, name: string): string {
  const text = readField(request, name)
  return /^\/(?!\/)[\w/-]*$/.test(text) ? text : '/'
}
