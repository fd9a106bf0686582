// Trailers that come after the handler's end. Http/1 has sent its own with the end; http2 asks for them later.

import type { NodeResponse } from './node-response.ts'

/**
 * Lets an http2 response that has been handed over take no more trailers from the next turn on. Bare http2 sends them
 * behind the body, in the turn after the handler's `end`, and those that come later are lost. A body that the client
 * takes slowly gives more time, which nobody can know while it is held.
 */
export function refuseLateTrailers(response: NodeResponse): void {
  setImmediate(refuseTrailers, response)
}

function refuseTrailers(response: NodeResponse): void {
  Object.assign(response, { addTrailers: ignore, setTrailer: ignore })
}

function ignore(): void {}
