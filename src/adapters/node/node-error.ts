// Errors that look like node's. Handlers and frameworks compare codes and messages, and must find
// while a head is held what they would find without us.

import { isHttp2 } from './loose-response.ts'

/** An error that reads like node's own. */
export function createNodeError(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code })
}

/** What node throws at a change of the head after it has left. */
export function createHeadersSentError(response: object, verb: string): Error {
  return isHttp2(response)
    ? createNodeError('ERR_HTTP2_HEADERS_SENT', 'Response has already been initiated.')
    : createNodeError('ERR_HTTP_HEADERS_SENT', `Cannot ${verb} headers after they are sent to the client`)
}
