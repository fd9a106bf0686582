import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { BrowserContext, Cookie } from 'playwright-core'
import { listenOnFreePort } from '../support/listen-on-free-port.ts'
import { addToCart, countInCart, signIn } from './actions.ts'
import { OpenShop } from './open-shop.ts'

let shop: OpenShop
before(async () => {
  shop = await OpenShop.open()
})
after(() => shop.close())

async function findCookie(device: BrowserContext): Promise<Cookie> {
  const [cookie, ...others] = await device.cookies()
  assert.ok(cookie && others.length === 0, 'the shop sets exactly one cookie')
  return cookie
}

describe('the cookie, as the browser stores it', () => {
  test('the cookie, as the browser stores it is there only when there is something to remember', async () => {
    const device = await shop.newDevice()
    const page = await device.newPage()
    for (const path of ['/', '/cart', '/login']) await page.goto(path)
    assert.deepEqual(await device.cookies(), [])
    await device.close()
  })

  test('the cookie, as the browser stores it cannot be read by scripts or sent by other sites, and lives as long as the session', async () => {
    const device = await shop.newDevice()
    const page = await device.newPage()
    await addToCart(page, 'Scarf')
    const { value, expires, ...attributes } = await findCookie(device)
    assert.match(value, /^[0-9a-f]{64}$/)
    assert.deepEqual(attributes, {
      name: 'shop_session',
      domain: 'localhost',
      path: '/',
      httpOnly: true,
      secure: false,
      sameSite: 'Lax',
    })
    const daysLeft = (expires - Date.now() / 1000) / 86_400
    assert.ok(daysLeft > 29.9 && daysLeft <= 30, `${daysLeft} days`)
    assert.equal(await page.evaluate('document.cookie'), '')
    await device.close()
  })

  test('changes at login, and again at logout', async () => {
    const device = await shop.newDevice()
    const page = await device.newPage()
    await addToCart(page, 'Scarf')
    const visitor = await findCookie(device)
    await signIn(page)
    const user = await findCookie(device)
    assert.equal(await countInCart(page), '1')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('Signed out').waitFor()
    const next = await findCookie(device)
    assert.equal(new Set([visitor, user, next].map(({ value }) => value)).size, 3)
    for (const old of [visitor, user]) {
      await device.addCookies([old])
      await page.goto('/cart')
      assert.equal(await countInCart(page), '0')
      assert.equal(await page.getByRole('link', { name: 'Sign in' }).count(), 1)
    }
    await device.close()
  })
})

test('after a logout the back button shows nothing private', async () => {
  const device = await shop.newDevice()
  const page = await device.newPage()
  await addToCart(page, 'Top hat')
  await signIn(page)
  await page.goto('/devices')
  await page.getByText('this device').waitFor()
  await page.goto('/cart')
  await page.getByText('€129.00').first().waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('Signed out').waitFor()
  for (let steps = 1; steps <= 4; steps += 1) {
    await page.goBack()
    const text = await page.locator('body').innerText()
    assert.doesNotMatch(text, /Sign out|this device|€129\.00\s+Total|Top hat\s+Update/, `${steps} back`)
    assert.match(text, /Sign in/)
    if (page.url().endsWith('/cart')) assert.match(text, /Your cart is empty/)
  }
  await device.close()
})

test('a second browser is signed out from the first', async () => {
  const [first, second, third] = await Promise.all([
    shop.newDevice(),
    shop.newDevice({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1' }),
    shop.newDevice(),
  ])
  const pages = await Promise.all([first, second, third].map((device) => device.newPage()))
  for (const page of pages) await signIn(page)
  const [desk, phone, other] = pages as [(typeof pages)[0], (typeof pages)[0], (typeof pages)[0]]
  await desk.goto('/devices')
  const line = desk.getByRole('listitem').filter({ hasText: 'Safari on iPhone' })
  await line.getByRole('button', { name: 'Sign out of Safari on iPhone' }).click()
  await desk.getByText('Signed out of that device').waitFor()
  await phone.goto('/')
  assert.equal(await phone.getByRole('link', { name: 'Sign in' }).count(), 1)
  await other.goto('/')
  assert.equal(await other.getByRole('link', { name: 'Sign in' }).count(), 0)
  await desk.getByRole('button', { name: 'Sign out of all other devices' }).click()
  await desk.getByText('Signed out of 1 other device').waitFor()
  await other.goto('/devices')
  assert.match(other.url(), /\/login\?from=\/devices$/)
  for (const device of [first, second, third]) await device.close()
})

test('a form on another site is refused and changes nothing', async () => {
  const device = await shop.newDevice()
  const page = await device.newPage()
  await addToCart(page, 'Scarf')
  const form = `<form method="post" action="${shop.address}/cart/boots/add"><button>win</button></form>`
  const trap = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(form))
  await page.goto(`http://127.0.0.1:${await listenOnFreePort(trap)}/`)
  await page.getByRole('button', { name: 'win' }).click()
  await page.getByText('This form was not sent from a page of this shop.').waitFor()
  await page.goto(`${shop.address}/cart`)
  assert.equal(await countInCart(page), '1')
  trap.close()
  await device.close()
})
