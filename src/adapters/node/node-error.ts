// Errors that look like node's. Handlers and frameworks compare codes and messages, and must find the
// same ones while a head is held as they would without this adapter.

import { isHttp2 } from './node-response.ts'

/** Creates an error with a code, as node's own have. */
export function createNodeError(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code })
}

/** Creates what node throws when headers are changed after they were sent. */
export function createHeadersSentError(response: object, verb: string): Error {
  return isHttp2(response)
    ? createNodeError('ERR_HTTP2_HEADERS_SENT', 'Response has already been initiated.')
    : createNodeError('ERR_HTTP_HEADERS_SENT', `Cannot ${verb} headers after they are sent to the client`)
}
