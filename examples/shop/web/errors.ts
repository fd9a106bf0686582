import { STATUS_CODES } from 'node:http'
import type { NextFunction, Request, Response } from 'express'
import { renderErrorPage } from '../pages/error-page.ts'
import { sendPage } from './send-page.ts'

/** An error whose message is shown to the visitor. */
export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Sends an error page. It does not use the session, because the session may be what failed. */
export function handleError(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) return next(error)
  const status = readStatus(error)
  if (status >= 500) console.error(error)
  const message = error instanceof HttpError ? error.message : 'Please go back and try again.'
  sendPage(response.status(status), renderErrorPage(status, message))
}

/** Errors of Express, its body parser and coatcheck have a `status`. */
function readStatus(error: unknown): number {
  const status = (error as { status?: unknown } | null)?.status
  return typeof status === 'number' && status >= 400 && status in STATUS_CODES ? status : 500
}
