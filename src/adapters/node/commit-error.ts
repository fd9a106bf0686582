// What the client gets when its session could not be saved: the application's answer, or the default.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { SessionError } from '../../contract/errors.ts'

/**
 * Answers a request whose session could not be saved. Nothing of the handler's response has been sent. The handler must end
 * the response before it returns; if it does not, or throws, the default answers.
 */
export type CommitErrorHandler = (error: unknown, request: IncomingMessage, response: ServerResponse) => void

/**
 * The default: plain text with the error's status, which is 503 if the store failed.
 *
 * @internal
 */
export function answerCommitError(error: unknown, _request: IncomingMessage, response: ServerResponse): void {
  answerText(
    response,
    error instanceof SessionError ? error.status : 500,
    'The session may not have been saved.',
  )
}

/** Answers with a line of plain text that no cache keeps. @internal */
export function answerText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  response.end(text)
}
