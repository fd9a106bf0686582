import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { reportPort } from '../start-server.ts'
import { serverKinds } from './server-kinds.ts'
import type { ServerKind } from './server-kinds.ts'

const listener = serverKinds[process.argv[2] as ServerKind]()

const server = createServer((request, response) => {
  if (request.url === '/cpu') response.end(JSON.stringify(process.cpuUsage()))
  else listener(request, response)
})
server.listen(0, '127.0.0.1', () => reportPort((server.address() as AddressInfo).port))
