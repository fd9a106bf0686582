import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What came back, as far as the races look at it. */
export interface Answer {
  readonly status: number
  readonly setCookies: readonly string[]
  readonly body: string
}

// More sockets than the largest crowd: requests wait at barriers, never for a connection.
const agent = new Agent({ keepAlive: true, maxSockets: 200 })

/** One request over a socket of its own. */
export function visit(port: number, path: string, cookie?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = cookie === undefined ? {} : { Cookie: cookie }
    const sent = request({ host: '127.0.0.1', port, path, agent, headers }, (response) => {
      const { statusCode = 0, headers } = response
      const answer = { status: statusCode, setCookies: headers['set-cookie'] ?? [] }
      text(response).then((body) => resolve({ ...answer, body }), reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** Closes the sockets that are kept open. */
export function leave(): void {
  agent.destroy()
}
