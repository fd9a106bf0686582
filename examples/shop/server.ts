import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { createSessionManager } from 'coatcheck'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import { createShop } from './shop.ts'
import type { ShopData } from './session-data.ts'

const port = Number(process.env['PORT'] ?? 3000)
if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
  fail(`PORT must be a whole number from 0 to 65535, received '${process.env['PORT']}'.`)
}

const database = process.env['SHOP_DATABASE'] ?? join(import.meta.dirname, 'data', 'shop.sqlite')
mkdirSync(dirname(database), { recursive: true })

// In production, with https, use a name like `__Host-shop_session` and `secure: true`.
const sessions = createSessionManager<ShopData>({
  store: sqliteStore(database),
  cookie: { name: 'shop_session' },
  maxAge: '30d',
  idleTimeout: '7d',
})

// Only this machine can connect, because the login page shows the passwords.
const server = createShop(sessions).listen(port, '127.0.0.1', (error) => {
  if (error && 'code' in error && error.code === 'EADDRINUSE') {
    fail(`Port ${port} is taken. Try PORT=${port + 1} npm start.`)
  }
  if (error) throw error
  console.log(`The shop is running at http://localhost:${(server.address() as AddressInfo).port}`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)

/** Waits for running requests, at most five seconds, then closes the store. */
function stop(): void {
  server.close(() => void sessions.close())
  setTimeout(() => server.closeAllConnections(), 5000).unref()
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
