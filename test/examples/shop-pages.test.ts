import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { describeBrowser } from '../../examples/shop/describe-browser.ts'
import { Browser } from './browser.ts'
import type { Answer } from './browser.ts'
import { shareShop } from './shared-shop.ts'

const ada = { name: 'ada', password: 'analytical-engine' }
const address = { name: 'Ada <Lovelace>', street: '12 St James Square', postcode: 'SW1Y 4JH', city: 'London' }

const shop = shareShop()

function redirectOf(answer: Answer): string | null {
  assert.equal(answer.status, 303, answer.text)
  return answer.headers.get('location')
}

async function findHandles(browser: Browser): Promise<string[]> {
  const { text } = await browser.open('/devices')
  return [...text.matchAll(/devices\/([0-9a-f]{24})\/revoke/g)].map(([, handle = '']) => handle)
}

/** What the review page says that it shows. */
async function findReviewed(browser: Browser): Promise<string> {
  const { text } = await browser.open('/checkout/review')
  return /name="reviewed" value="([0-9a-f]{64})"/.exec(text)?.[1] ?? assert.fail(text)
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  return (await browser.open('/')).text.includes('Sign out <strong>ada')
}

describe('the checkout', () => {
  let browser: Browser
  before(() => {
    browser = new Browser(shop.address)
  })

  test('the checkout needs a product in the cart, and its steps in order', async () => {
    for (const path of ['/checkout', '/order']) assert.equal(redirectOf(await browser.open(path)), '/cart')
    await browser.submit('/cart/scarf/add')
    assert.equal(redirectOf(await browser.open('/checkout')), '/checkout/address')
    for (const step of ['delivery', 'review']) {
      assert.equal(redirectOf(await browser.open(`/checkout/${step}`)), '/checkout')
    }
    assert.equal((await browser.open('/checkout/payment')).status, 404)
  })

  test('the checkout asks again for missing or too long fields, and keeps what was entered', async () => {
    const fields = { ...address, city: ' ', street: 'x'.repeat(101) }
    const answer = await browser.submit('/checkout/address', fields)
    assert.equal(answer.status, 422)
    const problems = [
      ...answer.text.matchAll(/aria-describedby="(\S+)">\s*<p id="\1" class="problem">(.*?)</g),
    ]
    assert.deepEqual(
      problems.map(([, , text]) => text),
      ['Please use at most 100 characters.', 'Please enter your city.'],
    )
    assert.ok(answer.text.includes('value="Ada &lt;Lovelace&gt;"'))
    assert.equal(redirectOf(await browser.open('/checkout')), '/checkout/address')
  })

  test('the checkout continues where the visitor left off', async () => {
    assert.equal(redirectOf(await browser.submit('/checkout/address', address)), '/checkout/delivery')
    await browser.open('/')
    assert.equal(redirectOf(await browser.open('/checkout')), '/checkout/delivery')
    assert.ok((await browser.open('/checkout/address')).text.includes('value="SW1Y 4JH"'))
    const nothing = { delivery: 'pigeon' }
    assert.equal(redirectOf(await browser.submit('/checkout/delivery', nothing)), '/checkout/delivery')
    assert.equal(
      redirectOf(await browser.submit('/checkout/delivery', { delivery: 'express' })),
      '/checkout/review',
    )
    assert.equal(redirectOf(await browser.open('/checkout')), '/checkout/review')
    assert.ok((await browser.open('/checkout/review')).text.includes('€57.90'))
  })

  test('the checkout orders only what was reviewed', async () => {
    const reviewed = await findReviewed(browser)
    await browser.submit('/cart/boots/add')
    assert.equal(redirectOf(await browser.submit('/checkout/review', { reviewed })), '/checkout')
    const again = await browser.open('/checkout/review')
    assert.match(again.text, /Your cart or checkout has changed\. Please review your order again\./)
    assert.match(again.text, /€216\.90/)
    await browser.submit('/cart/boots/remove')
    for (const [path, fields] of [
      ['/checkout/address', { ...address, city: 'Paris' }],
      ['/checkout/delivery', { delivery: 'counter' }],
    ] as const) {
      const before = await findReviewed(browser)
      await browser.submit(path, fields)
      assert.equal(redirectOf(await browser.submit('/checkout/review', { reviewed: before })), '/checkout')
    }
    assert.equal(redirectOf(await browser.submit('/checkout/review')), '/checkout')
    assert.equal(redirectOf(await browser.open('/order')), '/cart')
    await browser.submit('/checkout/address', address)
    await browser.submit('/checkout/delivery', { delivery: 'express' })
  })

  test('the checkout makes one order of overlapping clicks, and lists what was ordered', async () => {
    const reviewed = await findReviewed(browser)
    const clicks = Array.from({ length: 5 }, () => browser.submit('/checkout/review', { reviewed }))
    for (const answer of await Promise.all(clicks)) assert.equal(redirectOf(answer), '/order')
    const order = await browser.open('/order')
    const [number] = /\d{9}/.exec(order.text) ?? []
    assert.ok(number)
    for (const text of ['Thank you, Ada &lt;Lovelace&gt;', '1 × Scarf', 'Delivery: Express', '€57.90']) {
      assert.ok(order.text.includes(text), text)
    }
    assert.equal(redirectOf(await browser.submit('/checkout/review', { reviewed })), '/order')
    assert.ok((await browser.open('/order')).text.includes(number), 'a late click orders nothing')
    assert.match((await browser.open('/cart')).text, /Your cart is empty/)
  })

  test('the checkout marks the steps that are done, the current one and those to come', async () => {
    const other = new Browser(shop.address)
    await other.submit('/cart/scarf/add')
    await other.submit('/checkout/address', address)
    const { text } = await other.open('/checkout/delivery')
    assert.match(text, /<li class="done"><a href="\/checkout\/address">Address<\/a><\/li>/)
    assert.match(text, /<li aria-current="step">Delivery<\/li><li>Review<\/li>/)
  })

  test('the checkout asks nothing of a visitor without a cart, and remembers nothing about them', async () => {
    const stranger = await new Browser(shop.address).submit('/checkout/review', { reviewed: 'x' })
    assert.equal(redirectOf(stranger), '/checkout')
    assert.deepEqual(stranger.headers.getSetCookie(), [])
  })
})

describe('my devices', () => {
  test('my devices require a login', async () => {
    const visitor = new Browser(shop.address)
    const other = new Browser(shop.address)
    await other.submit('/login', ada)
    const third = new Browser(shop.address)
    await third.submit('/login', ada)
    const [handle = ''] = await findHandles(third)
    assert.equal(redirectOf(await visitor.open('/devices')), '/login?from=/devices')
    for (const path of [`/devices/${handle}/revoke`, '/devices/revoke-others']) {
      assert.equal(redirectOf(await visitor.submit(path)), '/login?from=/devices')
    }
    const grace = new Browser(shop.address)
    await grace.submit('/login', { name: 'grace', password: 'nanosecond-wire' })
    assert.equal(redirectOf(await grace.submit(`/devices/${handle}/revoke`)), '/devices')
    assert.match((await grace.open('/devices')).text, /already signed out/)
    assert.ok(await isSignedIn(other))
  })

  test('my devices can be signed out, one or all others', async () => {
    const browsers = Array.from({ length: 4 }, () => new Browser(shop.address))
    for (const browser of browsers)
      await browser.submit('/login', ada, { 'User-Agent': 'X11; Linux Firefox/1' })
    const [first, second, ...others] = browsers as [Browser, Browser]
    const before = await findHandles(first)
    assert.match((await first.open('/devices')).text, /Firefox on Linux[^<]*<span class="mark">this device/)
    const known = new Set(await findHandles(second))
    const handleOfSecond = before.find((handle) => !known.has(handle)) ?? ''
    assert.equal(redirectOf(await first.submit(`/devices/${handleOfSecond}/revoke`)), '/devices')
    assert.match((await first.open('/devices')).text, /Signed out of that device/)
    assert.deepEqual(await Promise.all([first, second, ...others].map(isSignedIn)), [true, false, true, true])
    assert.equal(redirectOf(await first.submit('/devices/revoke-others')), '/devices')
    assert.deepEqual(await Promise.all([first, ...others].map(isSignedIn)), [true, false, false])
    assert.deepEqual(await findHandles(first), [])
  })

  test('my devices list the current one first', async () => {
    const browsers = Array.from({ length: 3 }, () => new Browser(shop.address))
    for (const browser of browsers) await browser.submit('/login', ada)
    for (const browser of browsers) {
      const { text } = await browser.open('/devices')
      assert.match(text, /<ul class="lines">\s*<li>\s*<h2>Unknown browser <span class="mark">this device/)
      assert.match(text, /Last used <time [^>]*>today, [^<]*<\/time>, signed in <time [^>]*>today</)
    }
  })

  test('my devices take the end of the own session for a logout', async () => {
    const [browser, other] = [new Browser(shop.address), new Browser(shop.address)]
    for (const each of [browser, other]) await each.submit('/login', ada)
    const known = new Set(await findHandles(browser))
    const own = (await findHandles(other)).find((handle) => !known.has(handle)) ?? ''
    const answer = await browser.submit(`/devices/${own}/revoke`)
    assert.equal(redirectOf(answer), '/')
    assert.match((await browser.open('/')).text, /Signed out/)
    assert.ok(!(await isSignedIn(browser)) && (await isSignedIn(other)))
  })

  test('my devices treat any other text as an unknown handle', async () => {
    const browser = new Browser(shop.address)
    await browser.submit('/login', ada)
    assert.equal(redirectOf(await browser.submit('/devices/__proto__/revoke')), '/devices')
  })
})

test('the theme is kept, and its form redirects only within the shop', async () => {
  const browser = new Browser(shop.address)
  const themeOf = async () => /data-theme="(\w+)"/.exec((await browser.open('/cart')).text)?.[1]
  assert.equal(redirectOf(await browser.submit('/theme', { theme: 'dark', path: '/cart' })), '/cart')
  assert.equal(await themeOf(), 'dark')
  for (const path of ['//evil.example', '/\\evil.example', 'https://evil.example', '/x?y', '', '/\tx']) {
    assert.equal(redirectOf(await browser.submit('/theme', { theme: 'auto', path })), '/')
  }
  assert.equal(await themeOf(), 'auto')
})

test('pictures and style sheet use no session, and no other file is served', async () => {
  const browser = new Browser(shop.address)
  await browser.submit('/cart/scarf/add')
  for (const path of ['/shop.css', '/pictures/overcoat.svg', '/pictures/ticket.svg']) {
    const { status, headers } = await browser.open(path)
    assert.equal(status, 200)
    assert.equal(headers.get('vary'), null)
  }
  for (const path of ['/pictures', '/pictures/', '/..%2fserver.ts', '/server.ts']) {
    assert.ok((await browser.open(path)).status >= 400)
  }
})

test('a User-Agent header is described in a few words', () => {
  const names: Record<string, string> = {
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0':
      'Edge on Windows',
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36':
      'Chrome on Android',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1':
      'Safari on iPhone',
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0': 'Firefox on Linux',
    'Mozilla/5.0 Firefox/140.0': 'Firefox',
    'Lynx/2.9 (Linux)': 'Unknown browser on Linux',
    curl: 'Unknown browser',
    '': 'Unknown browser',
  }
  for (const [userAgent, name] of Object.entries(names)) assert.equal(describeBrowser(userAgent), name)
})
