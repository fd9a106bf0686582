// A status that is set after the handler's end. Bare node has finished the response in the next tick, when loggers read
// the status that was sent. While a head is held that comes later, and an error handler that says 500 in vain must not
// end up in the log.

import { isHttp2 } from './node-response.ts'
import type { NodeResponse } from './node-response.ts'

interface Status {
  readonly statusCode: number
  readonly statusMessage: string | undefined
}

/** The status of a response as of the tick after its end. */
export class LateStatus {
  readonly #response: NodeResponse
  #timely: Status | undefined

  constructor(response: NodeResponse) {
    this.#response = response
    process.nextTick(() => (this.#timely ??= readStatus(response)))
  }

  /** Puts back what was set in time, until the response has finished. */
  hide(): void {
    const response = this.#response
    const late = readStatus(response)
    const timely = (this.#timely ??= late)
    if (late.statusCode === timely.statusCode && late.statusMessage === timely.statusMessage) return
    writeStatus(response, timely)
    // Loggers were there before.
    response.once('finish', () => writeStatus(response, late))
  }
}

function readStatus(response: NodeResponse): Status {
  const { statusCode } = response
  return { statusCode, statusMessage: isHttp2(response) ? undefined : response.statusMessage }
}

function writeStatus(response: NodeResponse, { statusCode, statusMessage }: Status): void {
  response.statusCode = statusCode
  if (!isHttp2(response)) response.statusMessage = statusMessage as string
}
