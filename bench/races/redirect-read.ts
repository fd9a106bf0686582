import { connect } from 'node:net'
import type { ServerProcess } from '../start-server.ts'
import { visit } from './client.ts'
import { openSession } from './overlapping-writes.ts'
import { countRounds, nameBarrier } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/** Saved before sent: whoever follows a redirect at the first sight of its head finds what was written. */
export const redirectRead: Scenario = {
  measure: 'a redirect followed at its head, over another socket, sees the write',
  wanted: '200 of 200',
  run: ({ server }) =>
    countRounds(200, async (index) => {
      const isNewVisitor = index % 2 === 0
      const cookie = isNewVisitor ? undefined : (await openSession(server.port)).cookie
      return followAtHead(server, `value-${index}`, cookie)
    }),
}

async function followAtHead(server: ServerProcess, value: string, cookie?: string): Promise<boolean> {
  const barrier = nameBarrier()
  const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true })
  const cookieLine = cookie === undefined ? '' : `Cookie: ${cookie}\r\n`
  socket.write(
    `GET /redirect?name=step&value=${value}&barrier=${barrier} HTTP/1.1\r\nHost: a\r\n${cookieLine}\r\n`,
  )
  try {
    const head = await readHead(socket)
    const sent = /^set-cookie: ([^;]+)/im.exec(head)?.[1]
    const target = /^location: (\S+)/im.exec(head)?.[1] ?? ''
    const answer = await visit(server.port, target, sent ?? cookie)
    return head.startsWith('HTTP/1.1 302') && JSON.parse(answer.body).step === value
  } finally {
    await server.ask(`/control/release?barrier=${barrier}`)
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
