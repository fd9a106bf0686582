// The samples of the README's quick start answer a login as the first one does. That they compile and start is
// samples.test.ts's; this test goes on from there, over HTTP.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'

const root = new URL('../..', import.meta.url).pathname
const frameworks = ['express', 'fastify', 'koa', 'hono']

/** Servers of samples listen where there is room, and say where. Those that export `fetch` get a server. */
const preload = `
import { createServer, Server } from 'node:net'
const listen = Server.prototype.listen
Server.prototype.listen = function (...args) {
  this.once('listening', () => console.log('port ' + this.address().port))
  return listen.call(this, 0, '127.0.0.1', args.find((each) => typeof each === 'function'))
}
`
const serve = `
import { createServer } from 'node:http'
export function serve(handle) {
  createServer(async (message, response) => {
    const { method, headers } = message
    const answer = await handle(new Request('http://127.0.0.1' + message.url, { method, headers }))
    response.writeHead(answer.status, [...answer.headers].flat()).end(await answer.text())
  }).listen(0)
}
`

/** The README's sample that imports a framework. */
function findSample(framework: string): string {
  const text = readFileSync(`${root}README.md`, 'utf8')
  const codes = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => code)
  const found = codes.find((code) => code.includes(` from '${framework}'`))
  assert.ok(found, `no sample imports ${framework}`)
  return found
}

describe('the quick start', () => {
  for (const framework of frameworks) {
    test(`${framework}: a login, and the page that it leads to`, { timeout: 20_000 }, async (context) => {
      const code = findSample(framework)
      const module = code.includes('export default')
        ? `${code.replace('export default', 'const exported =')}\n${serve.replace('export ', '')}\nserve(exported.fetch)`
        : code
      const args = ['--input-type=module-typescript', '--import', toUrl(preload), '--eval', module]
      const server = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
      context.after(() => server.kill())
      const origin = `http://127.0.0.1:${await readPort(createInterface(server.stdout))}`

      const login = await fetch(`${origin}/login`, { method: 'POST', redirect: 'manual' })
      assert.equal(login.status, 302)
      assert.equal(login.headers.get('location'), '/')
      const [cookie = ''] = login.headers.getSetCookie()
      assert.match(cookie, /^session_id=[0-9a-f]{64}; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax$/)

      const page = await fetch(origin, { headers: { cookie: cookie.split(';', 1)[0] ?? '' } })
      assert.equal(await page.text(), 'Hello u_123')
      assert.equal(await (await fetch(origin)).text(), 'Hello stranger')
    })
  }
})

function toUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`
}

/** The port that the preload prints. */
async function readPort(lines: AsyncIterable<string>): Promise<number> {
  for await (const line of lines) {
    const [, port] = /^port (\d+)$/.exec(line) ?? []
    if (port) return Number(port)
  }
  throw new Error('the sample ended before it listened')
}
