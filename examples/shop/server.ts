import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { createSessionManager } from 'coatcheck'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import { createShop } from './shop.ts'
import type { ShopData } from './session-data.ts'

const port = Number(process.env['PORT'] ?? 3000)
const database = process.env['SHOP_DATABASE'] ?? join(import.meta.dirname, 'data', 'shop.sqlite')
mkdirSync(dirname(database), { recursive: true })

const sessions = createSessionManager<ShopData>({
  store: sqliteStore(database),
  cookie: { name: 'shop_session' },
  maxAge: '30d',
  idleTimeout: '7d',
})

const server = createShop(sessions).listen(port, (error) => {
  if (error) throw error
  console.log(`The shop is running at http://localhost:${(server.address() as AddressInfo).port}`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)

/** Waits for running requests, at most five seconds, then closes the store. */
function stop(): void {
  server.close(() => void sessions.close())
  setTimeout(() => server.closeAllConnections(), 5000).unref()
}
