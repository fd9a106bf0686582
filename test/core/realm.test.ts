import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, setUp } from './harness.ts'

/** Two applications on one store. */
async function setUpTwo(options: Parameters<typeof setUp>[0], others: Parameters<typeof setUp>[0]) {
  const store = memoryStore()
  const shop = setUp({ store, clock: undefined, ...options })
  const admin = setUp({ store, clock: undefined, ...others })
  const customer = new Browser(shop.sessions)
  await customer.visit((session) => session.login('1'))
  return { shop: shop.sessions, admin: admin.sessions, customer }
}

test('a token of one realm opens nothing in another, and its user is another', async () => {
  for (const others of [{ cookie: { name: 'admin_id' } }, { realm: 'admin' }]) {
    const { shop, admin, customer } = await setUpTwo({}, others)
    const name = others.cookie?.name ?? 'session_id'
    const intruder = new Browser(admin, `${name}=${customer.token}`)
    assert.equal(await intruder.see((session) => session.userId), undefined)
    assert.deepEqual(await admin.list('1'), [])
    assert.equal(await admin.revokeAll('1'), 0)
    assert.equal((await shop.list('1')).length, 1)
    assert.equal(await customer.see((session) => session.userId), '1')
  }
})

test('cookies of different names share their sessions if the application says one realm', async () => {
  const { admin, customer } = await setUpTwo({ realm: 'all' }, { realm: 'all', cookie: { name: 'other' } })
  const same = new Browser(admin, `other=${customer.token}`)
  assert.equal(await same.see((session) => session.userId), '1')
})

test('a limit of one realm ends no session of another', async () => {
  const { admin, customer } = await setUpTwo(
    { maxSessionsPerUser: 1 },
    { realm: 'admin', maxSessionsPerUser: 1 },
  )
  await new Browser(admin).visit((session) => session.login('1'))
  assert.equal(await customer.see((session) => session.userId), '1')
})
