import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromKeyv, fromUnstorage } from '../src/stores/basic.ts'
import { mysqlStore } from '../src/stores/mysql.ts'
import { postgresStore } from '../src/stores/postgres.ts'
import { redisStore } from '../src/stores/redis.ts'
import { sqliteStore } from '../src/stores/sqlite.ts'

const stores: readonly [name: string, open: (client: never) => unknown, wrapper: string][] = [
  ['redisStore', redisStore, 'client'],
  ['postgresStore', postgresStore, 'pool'],
  ['postgresStore', postgresStore, 'sql'],
  ['mysqlStore', mysqlStore, 'pool'],
  ['sqliteStore', sqliteStore, 'database'],
  ['sqliteStore', sqliteStore, 'db'],
  ['fromKeyv', fromKeyv, 'store'],
  ['fromUnstorage', fromUnstorage, 'storage'],
]
const secret = 'redis://:hunter2@db.internal'

function messageOf(open: (client: never) => unknown, given: unknown): string {
  try {
    open(given as never)
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'ERR_SESSION_CONFIG')
    return (error as Error).message
  }
  return assert.fail('it was accepted')
}

describe('a store that was given its client in an object', () => {
  for (const [name, open, wrapper] of stores) {
    test(`${name}({ ${wrapper} }) is told what to pass`, () => {
      const message = messageOf(open, { [wrapper]: { url: secret }, url: secret })
      const start = `${name}: received an object with the property ${wrapper}; pass its value itself, as in ${name}(${wrapper})`
      assert.ok(message.startsWith(start), message)
      assert.doesNotMatch(message, /hunter2/)
    })
  }

  for (const [name, open] of stores) {
    test(`${name} takes nothing else for one, and quotes no address`, () => {
      const others: unknown[] = [
        {},
        { color: 'red' },
        { client: secret, pool: undefined, url: secret, connectionString: secret },
        Object.create({ client: {} }),
        new Proxy({}, { has: () => false, getOwnPropertyDescriptor: () => assert.fail('hunter2') }),
      ]
      for (const other of others) assert.match(messageOf(open, other), /: received object; allowed is /)
      if (name !== 'sqliteStore') assert.doesNotMatch(messageOf(open, secret), /hunter2/)
    })
  }
})
