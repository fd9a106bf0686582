import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { createEmitter, describeCause } from '../../src/manager/events.ts'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import type { SessionStore } from '../../src/contract/store.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { Browser } from './harness.ts'
import type { Loose } from './harness.ts'

async function printedBy(context: { after(act: () => void): void }, store: SessionStore): Promise<string> {
  const print = mock.method(console, 'error', () => {})
  context.after(() => print.mock.restore())
  const browser = new Browser(createSessionManager<Loose>({ store }))
  await assert.rejects(browser.visit((session) => session.login('anna')))
  return print.mock.calls.map(({ arguments: parts }) => String(parts)).join('\n')
}

describe('the reason why a store failed', () => {
  test('the reason why a store failed is in the log when a client of node-redis was never connected', async (context) => {
    const line = await printedBy(context, redisStore(createClient({ url: 'redis://127.0.0.1:1' })))
    assert.equal(line, "coatcheck: the store failed at 'create' (The client is closed)")
  })

  test('the reason why a store failed is in the log when a client of ioredis was closed', async (context) => {
    const client = new Redis({ port: 1, lazyConnect: true })
    client.disconnect()
    const line = await printedBy(context, redisStore(client))
    assert.equal(line, "coatcheck: the store failed at 'create' (Connection is closed.)")
  })

  const shown: readonly [unknown, string][] = [
    [Object.assign(new Error('cart: hat'), { code: 'ECONNREFUSED' }), ' (ECONNREFUSED)'],
    [
      Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR' }),
      ' (ERR_SQLITE_ERROR: database is locked)',
    ],
    [
      new Error('pool timeout', { cause: Object.assign(new Error('hat'), { code: 'ETIMEDOUT' }) }),
      ' (ETIMEDOUT)',
    ],
    [new Error('OOM command not allowed when used memory > maxmemory, hat'), ' (OOM)'],
    [new Error('Connection terminated unexpectedly'), ' (Connection terminated unexpectedly)'],
  ]
  for (const [error, expected] of shown) {
    test(`shows${expected}`, () => assert.equal(describeCause(error), expected))
  }

  test('the reason why a store failed is left out where it might quote what was stored', () => {
    const hidden: unknown[] = [
      new Error("Duplicate entry 'hat' for key"),
      new Error('The client is closed: hat'),
      new Error('database is locked\nhat'),
      new Error('HAT is stored'),
      Object.assign(new Error('no'), { code: 'a hat' }),
      Object.assign(new Error('no'), { code: 5 }),
      'The client is closed',
      undefined,
      null,
      { name: 'ClientClosedError' },
    ]
    for (const each of hidden) assert.equal(describeCause(each), '', String(each))
  })

  test('the reason why a store failed ends with causes that go round in a circle', () => {
    const error = new Error('hat')
    error.cause = error
    assert.equal(describeCause(error), '')
  })

  test('the reason why a store failed is not taken from an error of the application', () => {
    const print = mock.method(console, 'error', () => {})
    createEmitter()({ type: 'failed', during: 'late', error: new Error('The client is closed') })
    print.mock.restore()
    assert.match(String(print.mock.calls[0]?.arguments[0]), /a function of the application failed/)
  })
})
