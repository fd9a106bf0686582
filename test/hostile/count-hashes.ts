import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/** How many SHA-256 hashes were computed. Counts only for who imports this before anything of the library. */
export const hashes = { count: 0 }

const { hash } = crypto
crypto.hash = ((...values: Parameters<typeof hash>) => {
  hashes.count += 1
  return Reflect.apply(hash, crypto, values) as string
}) as typeof hash
syncBuiltinESMExports()
