import { connect } from 'node:net'

/** An answer as it came over the wire, its bytes as Latin-1. */
export interface Answer {
  /** Every head, interim ones included, each with its status line. */
  readonly heads: readonly string[]
  readonly status: number
  readonly setCookies: readonly string[]
  readonly body: string
}

/** Sends bytes that no client library would send, and reads all that comes back. */
export async function exchange(origin: string, ...pieces: (string | Uint8Array)[]): Promise<Answer> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => void (received += text))
  // A server that refuses a request early resets the connection while the rest is still being written.
  socket.on('error', () => {})
  for (const piece of pieces) socket.write(piece)
  await new Promise((resolve) => socket.once('close', resolve))
  return readAnswer(received)
}

function readAnswer(received: string): Answer {
  const heads: string[] = []
  let rest = received
  do {
    const end = rest.indexOf('\r\n\r\n')
    heads.push(rest.slice(0, end))
    rest = rest.slice(end + 4)
  } while (heads.at(-1)?.startsWith('HTTP/1.1 1'))
  const last = heads.at(-1) ?? ''
  const setCookies = [...last.matchAll(/^set-cookie: (.*)$/gim)].map(([, line = '']) => line.trim())
  return { heads, status: Number(last.slice(9, 12)), setCookies, body: rest }
}
