import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { describe, mock, test } from 'node:test'
import { Browser } from './browser.ts'
import { shareShop } from './shared-shop.ts'
import { startShop } from './shop-process.ts'

const ada = { name: 'ada', password: 'analytical-engine' }
const address = { name: 'Grace', street: '1 Navy Yard', postcode: '20374', city: 'Washington' }

const shop = shareShop()

/** Opens the login page, fails to sign in once, and returns where the login leads. */
async function signInFrom(path: string): Promise<string | null> {
  const browser = new Browser(shop.address)
  const from = readFrom((await browser.open(path)).text)
  const failed = await browser.submit('/login', { ...ada, from, password: 'wrong' })
  assert.equal(readFrom(failed.text), from)
  return (await browser.submit('/login', { ...ada, from })).headers.get('location')
}

function readFrom(page: string): string {
  return /name="from" value="([^"]*)"/.exec(page)?.[1] ?? assert.fail('the form has no field from')
}

describe('signing in', () => {
  test('signing in keeps the cart and the theme, but not the address and the order of the visitor before', async () => {
    const browser = new Browser(shop.address)
    await browser.submit('/cart/scarf/add')
    await browser.submit('/checkout/address', address)
    await browser.submit('/checkout/delivery', { delivery: 'counter' })
    const reviewed = /name="reviewed" value="(\w+)"/.exec((await browser.open('/checkout/review')).text)?.[1]
    await browser.submit('/checkout/review', { reviewed: reviewed ?? '' })
    assert.match((await browser.open('/order')).text, /Thank you, Grace/)
    await browser.submit('/cart/boots/add')
    await browser.submit('/checkout/address', address)
    await browser.submit('/theme', { theme: 'dark', path: '/' })
    await browser.submit('/login', ada)
    assert.equal((await browser.open('/order')).headers.get('location'), '/cart')
    assert.doesNotMatch((await browser.open('/checkout/address')).text, /Navy Yard/)
    const { text } = await browser.open('/cart')
    assert.match(text, /class="count">1</)
    assert.match(text, /data-theme="dark"/)
  })

  test('signing in leads back to the page that asked for it, and only within the shop', async () => {
    assert.equal(await signInFrom('/login'), '/')
    assert.equal(await signInFrom('/login?from=/devices'), '/devices')
    assert.equal(await signInFrom('/login?from=//evil'), '/')
    assert.equal(await signInFrom('/login?from=//evil.example'), '/')
    assert.equal(await signInFrom('/login?from=https://evil.example'), '/')
    assert.equal(await signInFrom('/login?from=/cart&from=/cart'), '/')
  })

  test('signing in takes no other page from a forged form', async () => {
    const browser = new Browser(shop.address)
    const answer = await browser.submit('/login', { ...ada, from: '//evil' })
    assert.equal(answer.headers.get('location'), '/')
  })

  test('twice at once, as by a double click, keeps the cart', async () => {
    const browser = new Browser(shop.address)
    await browser.submit('/cart/scarf/add')
    const answers = await Promise.all([browser.submit('/login', ada), browser.submit('/login', ada)])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303],
    )
    const { text } = await browser.open('/cart')
    assert.match(text, /class="count">1</)
    assert.match(text, /Sign out <strong>ada/)
  })

  test('signing in ends what the browser had sent with the token before: no page claims that it was saved', async () => {
    const browser = new Browser(shop.address)
    await browser.submit('/cart/scarf/add')
    const late = new Browser(shop.address)
    for (const [name, value] of browser.cookies) late.cookies.set(name, value)
    await browser.submit('/login', ada)
    const answer = await late.submit('/cart/boots/add')
    assert.equal(answer.status, 409)
    assert.match(answer.text, /We could not save that/)
    assert.deepEqual(answer.headers.getSetCookie(), [])
    const page = await late.open('/')
    assert.equal(page.status, 200)
    assert.doesNotMatch(page.text, /Sign out/)
    assert.match((await browser.open('/cart')).text, /class="count">1</)
  })

  test('signing in is not offered to somebody who is signed in', async () => {
    const browser = new Browser(shop.address)
    await browser.submit('/login', ada)
    assert.equal((await browser.open('/login?from=/cart')).headers.get('location'), '/cart')
    assert.equal((await browser.open('/login')).headers.get('location'), '/')
  })
})

describe('signing out', () => {
  test('signing out keeps the theme', async () => {
    const browser = new Browser(shop.address)
    await browser.submit('/login', ada)
    await browser.submit('/theme', { theme: 'dark', path: '/' })
    await browser.submit('/logout')
    const { text } = await browser.open('/')
    assert.match(text, /data-theme="dark"/)
    assert.match(text, /Signed out/)
  })

  test('signing out creates no session if nobody is signed in', async () => {
    const answer = await new Browser(shop.address).submit('/logout')
    assert.equal(answer.headers.get('location'), '/')
    assert.deepEqual(answer.headers.getSetCookie(), [])
  })
})

test('only the last notice is kept, so that those that nobody sees do not pile up', async () => {
  const browser = new Browser(shop.address)
  for (let count = 1; count <= 20; count += 1) await browser.submit('/cart/scarf/add')
  await browser.submit('/cart/boots/add')
  const { text } = await browser.open('/')
  assert.equal(text.match(/class="notice"/g)?.length, 1)
  assert.match(text, /Boots added to your cart\. <a href="\/cart">View cart<\/a>/)
  assert.doesNotMatch((await browser.open('/')).text, /class="notice"/)
})

test('a page that does not exist has the navigation and the theme of the visitor', async () => {
  const browser = new Browser(shop.address)
  await browser.submit('/login', ada)
  await browser.submit('/theme', { theme: 'dark', path: '/' })
  const { status, text } = await browser.open('/nowhere')
  assert.equal(status, 404)
  assert.match(text, /data-theme="dark"/)
  assert.match(text, /We cannot find that page/)
  assert.match(text, /Sign out <strong>ada/)
})

test('a port that is taken or malformed is refused in one line', async () => {
  const database = join(shop.folder, 'other.sqlite')
  const { port } = new URL(shop.address)
  await assert.rejects(startShop(database, port), {
    message: `the shop exited with 1: Port ${port} is taken. Try PORT=${Number(port) + 1} npm start.`,
  })
  for (const malformed of ['http', '70000', '-1', '80.5']) {
    await assert.rejects(startShop(database, malformed), {
      message: `the shop exited with 1: PORT must be a whole number from 0 to 65535, received '${malformed}'.`,
    })
  }
})

test('an unknown name costs as much work as a wrong password', async () => {
  const { mock: calls } = mock.method(crypto, 'scrypt')
  syncBuiltinESMExports()
  const { checkPassword } = await import('../../examples/shop/users.ts')
  const workOf = async (name: string, password: string) => {
    const countBefore = calls.callCount()
    const user = await checkPassword(name, password)
    return {
      user: user?.name,
      work: calls.calls.slice(countBefore).map((call) => call.arguments.slice(2, 4)),
    }
  }
  const work = [[32, { N: 16_384, r: 8, p: 5 }]]
  assert.deepEqual(await workOf('ada', ada.password), { user: 'ada', work })
  assert.deepEqual(await workOf('ada', 'wrong'), { user: undefined, work })
  assert.deepEqual(await workOf('eve', ada.password), { user: undefined, work })
  calls.restore()
  syncBuiltinESMExports()
})
