import { connect } from 'node:net'
import type { ServerProcess } from '../start-server.ts'
import { openSession } from './browser.ts'
import { visit } from './client.ts'
import { countRounds, deal, nameBarrier } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** Saved before sent: whoever follows a redirect at the first sight of its head finds what was written. */
export const redirectRead: Scenario = {
  measure: 'a redirect, followed over another connection, sees the write',
  wanted: '200 of 200',
  run: ({ servers }) =>
    countRounds(200, async (index) => {
      const isNewVisitor = index % 4 < 2
      const from = deal(servers, index)
      const cookie = isNewVisitor ? undefined : (await openSession(from)).cookie
      return followAtHead(from, deal(servers, index + 1), `value-${index}`, cookie)
    }),
}

/** The redirect comes from one server, and its target is read from the other one. */
async function followAtHead(
  from: ServerProcess,
  to: ServerProcess,
  value: string,
  cookie?: string,
): Promise<boolean> {
  const barrier = nameBarrier()
  const socket = connect({ port: from.port, host: '127.0.0.1', noDelay: true })
  const cookieLine = cookie === undefined ? '' : `Cookie: ${cookie}\r\n`
  socket.write(
    `GET /redirect?name=step&value=${value}&barrier=${barrier} HTTP/1.1\r\nHost: a\r\n${cookieLine}\r\n`,
  )
  try {
    const head = await readHead(socket)
    const sent = /^set-cookie: ([^;]+)/im.exec(head)?.[1]
    const target = /^location: (\S+)/im.exec(head)?.[1] ?? ''
    const answer = await visit(to.port, target, sent ?? cookie)
    return head.startsWith('HTTP/1.1 302') && JSON.parse(answer.body).step === value
  } finally {
    await from.ask(`/control/release?barrier=${barrier}`)
    socket.destroy()
  }
}

async function readHead(socket: AsyncIterable<Buffer>): Promise<string> {
  let head = ''
  // Left by hand: `for await` would destroy the socket, and with it the response under test.
  const chunks = socket[Symbol.asyncIterator]()
  while (!head.includes('\r\n\r\n')) {
    const { value, done } = await chunks.next()
    if (done) throw new Error(`the answer ended within its head: ${head}`)
    head += value.toString('latin1')
  }
  return head
}
