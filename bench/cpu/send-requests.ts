import { connect } from 'node:net'

/** What to send, and over how many keep-alive connections: one for each cookie. */
export interface Load {
  readonly port: number
  readonly cookies: readonly string[]
  readonly requests: number
}

/**
 * Sends requests without pipelining and resolves when all are answered. By hand over `net`: an http
 * client would take as much of the machine as the server it measures.
 */
export async function sendRequests({ port, cookies, requests }: Load): Promise<void> {
  const share = Math.ceil(requests / cookies.length)
  const sleepAgain = stayAwake()
  try {
    await Promise.all(cookies.map((cookie) => sendOverOneConnection(port, cookie, share)))
  } finally {
    sleepAgain()
  }
}

/** Waking a sleeping process is dear on a virtual machine, and the server that writes would pay for it. */
function stayAwake(): () => void {
  let awake = true
  const turn = (): void => void (awake && setImmediate(turn))
  turn()
  return () => void (awake = false)
}

function sendOverOneConnection(port: number, cookie: string, requests: number): Promise<void> {
  const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\n\r\n`
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let left = requests
    // All answers are alike: the first tells the length of the others.
    let first = ''
    let length = 0
    let received = 0
    socket.on('connect', () => socket.write(request))
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received += chunk.length
      if (length === 0) {
        first += chunk.toString('latin1')
        if (!first.endsWith('\r\n\r\ndark')) return
        if (!isExpected(first)) return void socket.destroy(new Error(`not the expected answer: ${first}`))
        length = received
      }
      if (received < length) return
      if (received > length) return void socket.destroy(new Error('the answers differ in length'))
      received = 0
      left -= 1
      if (left > 0) return void socket.write(request)
      socket.end()
      resolve()
    })
  })
}

/** A read that sets a cookie would measure something else. */
function isExpected(answer: string): boolean {
  return answer.startsWith('HTTP/1.1 200') && !/\r\nset-cookie:/i.test(answer)
}
