// What the client gets when its session could not be saved: the application's answer, or the default.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { SessionError } from '../../contract/errors.ts'

/**
 * Answers a request whose session could not be saved. Nothing of the handler's response has been sent, its headers are
 * gone, and the status is 500. Must end the response before it returns, or pass the error on to the framework's own
 * error handling with `next`, which must do so as well. If neither does, a plain text answers. Where there is no
 * framework, as with `withSession`, `next` leads to that text.
 */
export type SaveErrorHandler = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error: unknown) => void,
) => void

/** Plain text with the error's status, which is 503 if the store failed. @internal */
export function answerSaveError(error: unknown, _request: IncomingMessage, response: ServerResponse): void {
  const status = error instanceof SessionError ? error.status : 500
  answerText(response, status, 'The session may not have been saved.')
}

/** Answers with a line of plain text that no cache keeps. @internal */
export function answerText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  response.end(text)
}
