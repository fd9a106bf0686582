// Runs on whatever node it is started with, against the built library and no test runner.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createSessionManager } from '../../dist/index.js'
import { withSession } from '../../dist/node.js'

const stores = { memory: undefined }
if (process.getBuiltinModule?.('node:sqlite')) {
  const { sqliteStore } = await import('../../dist/stores/sqlite.js')
  stores.sqlite = sqliteStore(':memory:')
}

for (const [name, store] of Object.entries(stores)) {
  const sessions = createSessionManager({ store })
  const server = createServer(
    withSession((request, response) => {
      const session = sessions.get(request)
      if (request.url === '/login') session.login('u_1')
      if (request.url === '/logout') session.logout()
      else session.update('visits', (visits = 0) => visits + 1)
      response.end(`${session.userId} ${session.get('visits')}`)
    }, sessions),
  ).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const visit = async (path, cookie) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers: { cookie } })
    return [await response.text(), response.headers.get('set-cookie')?.split(';')[0] ?? cookie]
  }
  const [, visitor] = await visit('/', '')
  const [greeting, user] = await visit('/login', visitor)
  assert.equal(greeting, 'u_1 2')
  assert.notEqual(user, visitor)
  assert.equal((await visit('/', user))[0], 'u_1 3')
  await visit('/logout', user)
  assert.equal((await visit('/', user))[0], 'undefined 1')
  server.close()
  server.closeAllConnections()
  await sessions.close()
  console.log(`node ${process.versions.node}, ${name} store: passed`)
}
