import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { html } from '../../examples/shop/pages/html.ts'
import { Browser } from './browser.ts'
import type { Answer } from './browser.ts'
import { buildLibrary } from './build-library.ts'
import { startShop } from './shop-process.ts'
import type { ShopProcess } from './shop-process.ts'

const ada = { name: 'ada', password: 'analytical-engine' }
const grace = { name: 'grace', password: 'nanosecond-wire' }

let folder = ''
before(async () => {
  await buildLibrary()
  folder = await mkdtemp(join(tmpdir(), 'coatcheck-shop-'))
})
after(() => rm(folder, { recursive: true, force: true }))

function assertRedirect(answer: Answer, location: string): void {
  assert.equal(answer.status, 303, answer.text)
  assert.equal(answer.headers.get('location'), location)
}

function tokenOf(browser: Browser): string {
  const token = browser.cookies.get('shop_session')
  assert.match(token ?? '', /^[0-9a-f]{64}$/)
  return token ?? ''
}

/** Another browser with a stolen cookie. */
function browserWith(address: string, token: string): Browser {
  const browser = new Browser(address)
  browser.cookies.set('shop_session', token)
  return browser
}

async function assertWorthless(address: string, token: string): Promise<void> {
  const { text } = await browserWith(address, token).open('/cart')
  assert.match(text, /class="count">0</)
  assert.match(text, /Your cart is empty/)
  assert.doesNotMatch(text, /Sign out/)
}

function openShop(): Promise<ShopProcess> {
  return startShop(join(folder, 'new', 'folder', 'shop.sqlite'))
}

describe('a visit to the shop', () => {
  let shop: ShopProcess
  let browser: Browser
  let visitorToken = ''
  let userToken = ''
  before(async () => {
    shop = await openShop()
    browser = new Browser(shop.address)
  })
  after(() => shop.stop('SIGKILL'))

  test('browsing creates no session', async () => {
    for (const path of ['/', '/cart', '/login', '/login?from=/cart', '/nowhere']) {
      const answer = await browser.open(path)
      assert.equal(answer.status, path === '/nowhere' ? 404 : 200)
      assert.deepEqual(answer.headers.getSetCookie(), [])
    }
  })

  test('a visitor fills the cart', async () => {
    assertRedirect(await browser.submit('/cart/scarf/add'), '/#scarf')
    assertRedirect(await browser.submit('/cart/scarf/add'), '/#scarf')
    assertRedirect(await browser.submit('/cart/top-hat/add'), '/#top-hat')
    visitorToken = tokenOf(browser)
    const { text } = await browser.open('/cart')
    assert.match(text, /class="count">3</)
    assert.match(text, /€219\.00/)
  })

  test('the visitor changes counts, between 0 and 99, and removes products', async () => {
    const countTo = (count: string) => browser.submit('/cart/scarf/count', { count })
    assertRedirect(await countTo('100000'), '/cart')
    assert.match((await browser.open('/cart')).text, /class="count">100</)
    assertRedirect(await browser.submit('/cart/scarf/add'), '/#scarf')
    assert.match((await browser.open('/cart')).text, /class="count">100</)
    assertRedirect(await browser.submit('/cart/top-hat/remove'), '/cart')
    assert.match((await browser.open('/cart')).text, /class="count">99</)
    assertRedirect(await countTo('-5'), '/cart')
    assert.match((await browser.open('/cart')).text, /Your cart is empty/)
    assertRedirect(await countTo('2'), '/cart')
    assert.equal((await countTo('two')).status, 400)
    assert.equal((await countTo('')).status, 400)
    assert.match((await browser.open('/cart')).text, /class="count">2</)
  })

  test('logging in keeps the cart and replaces the token', async () => {
    assertRedirect(await browser.submit('/login', ada), '/')
    userToken = tokenOf(browser)
    assert.notEqual(userToken, visitorToken)
    const { text } = await browser.open('/cart')
    assert.match(text, /Sign out <strong>ada<\/strong>/)
    assert.match(text, /class="count">2</)
    await assertWorthless(shop.address, visitorToken)
  })

  test('login and cart survive a server that is killed', async () => {
    await shop.stop('SIGKILL')
    shop = await openShop()
    browser.address = shop.address
    const { text } = await browser.open('/cart')
    assert.match(text, /Sign out <strong>ada<\/strong>/)
    assert.match(text, /class="count">2</)
    await assertWorthless(shop.address, visitorToken)
  })

  test('overlapping clicks all count', async () => {
    const clicks = Array.from({ length: 8 }, () => browser.submit('/cart/boots/add'))
    for (const answer of await Promise.all(clicks)) assertRedirect(answer, '/#boots')
    assert.match((await browser.open('/cart')).text, /class="count">10</)
    await browser.open('/')
  })

  test('logging in as somebody else leaves the cart behind', async () => {
    const other = new Browser(shop.address)
    await other.submit('/login', ada)
    await other.submit('/cart/gloves/add')
    assertRedirect(await other.submit('/login', grace), '/')
    const { text } = await other.open('/cart')
    assert.match(text, /Sign out <strong>grace<\/strong>/)
    assert.match(text, /class="count">0</)
  })

  test('logging out is final, and is confirmed once, in a new session', async () => {
    assertRedirect(await browser.submit('/logout'), '/')
    const newToken = tokenOf(browser)
    assert.notEqual(newToken.slice(0, 32), userToken.slice(0, 32))
    const first = await browser.open('/')
    assert.match(first.text, /Signed out/)
    assert.match(first.text, /class="count">0</)
    assert.doesNotMatch(first.text, /Sign out/)
    assert.doesNotMatch((await browser.open('/')).text, /Signed out/)
    await assertWorthless(shop.address, userToken)
  })

  test('SIGTERM and SIGINT shut the server down cleanly', async () => {
    assert.equal(await shop.stop('SIGTERM'), 0)
    shop = await openShop()
    await assertWorthless(shop.address, userToken)
    assert.equal(await shop.stop('SIGINT'), 0)
    assert.equal(shop.output.length, 1)
  })
})

describe('the shop refuses', () => {
  let shop: ShopProcess
  let browser: Browser

  before(async () => {
    shop = await startShop(join(folder, 'refusals.sqlite'))
    browser = new Browser(shop.address)
  })
  after(() => shop.stop('SIGTERM'))

  const foreign = {
    'a form from another site': { 'Sec-Fetch-Site': 'cross-site' },
    'a form from a sibling domain': { 'Sec-Fetch-Site': 'same-site' },
    'a form from another origin': { Origin: 'https://shop.example' },
    'a form from another port': { Origin: 'http://localhost:1' },
    'a form from an opaque origin': { Origin: 'null' },
    'a form without an origin': { Origin: '' },
  }
  for (const [name, headers] of Object.entries(foreign)) {
    test(name, async () => {
      const answer = await browser.submit('/cart/scarf/add', {}, headers)
      assert.equal(answer.status, 403)
      assert.match(answer.text, /This form was not sent from a page of this shop\./)
      assert.deepEqual(answer.headers.getSetCookie(), [])
    })
  }

  test('the shop refuses a form from its own host under another scheme', async () => {
    const headers = { Origin: shop.address.replace('http:', 'https:') }
    assert.equal((await browser.submit('/cart/scarf/add', {}, headers)).status, 403)
  })

  test('but accepts its own forms, by either header', async () => {
    const own = new Browser(shop.address)
    assertRedirect(await own.submit('/cart/scarf/add'), '/#scarf')
    const fetched = { Origin: '', 'Sec-Fetch-Site': 'same-origin' }
    assertRedirect(await own.submit('/cart/scarf/add', {}, fetched), '/#scarf')
  })

  test('the shop refuses a wrong password and an unknown name, in the same words', async () => {
    const wrong = await browser.submit('/login', { name: 'ada', password: 'x' })
    const unknown = await browser.submit('/login', { name: 'eve', password: 'x' })
    const missing = await browser.submit('/login')
    assert.deepEqual([wrong.status, unknown.status, missing.status], [401, 401, 401])
    assert.match(wrong.text, /name or password is incorrect/)
    assert.equal(unknown.text, wrong.text.replace('value="ada"', 'value="eve"'))
    assert.deepEqual(wrong.headers.getSetCookie(), [])
  })

  test('the shop refuses to echo markup unescaped', async () => {
    const hostile = `"'><script>alert(1)</script>&`
    const { text } = await browser.submit('/login', { name: hostile, password: 'x' })
    assert.ok(text.includes('value="&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;"'))
    assert.doesNotMatch(text, /<script/)
  })

  test('the shop refuses products and pages that do not exist', async () => {
    for (const path of ['/cart/submarine/add', '/cart/__proto__/count', '/cart/constructor/remove']) {
      assert.equal((await browser.submit(path, { count: '1' })).status, 404)
    }
    assert.equal((await browser.open('/data/shop.sqlite')).status, 404)
    assert.equal((await browser.open('/shop.ts')).status, 404)
    assert.equal((await browser.open('/cart/%zz/add')).status, 400)
  })

  test('the shop refuses a large body', async () => {
    assert.equal((await browser.submit('/login', { name: 'x'.repeat(3000) })).status, 413)
  })

  test('the shop refuses scripts, frames and caches, on every page, picture and error', async () => {
    for (const path of ['/', '/shop.css', '/nowhere', '/checkout/%zz']) {
      const { headers } = await browser.open(path)
      const names = ['content-security-policy', 'cross-origin-opener-policy', 'referrer-policy']
      const others = ['x-content-type-options', 'x-powered-by']
      const sent = [...names, ...others].map((name) => [name, headers.get(name)])
      assert.deepEqual(Object.fromEntries(sent), {
        'content-security-policy':
          "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        'cross-origin-opener-policy': 'same-origin',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-powered-by': null,
      })
      if (path !== '/shop.css') assert.match(headers.get('cache-control') ?? '', /no-store/)
    }
  })
})

test('a template escapes everything except its own markup', () => {
  const list = ['<i>', html`<b>${'&'}</b>`, undefined, 3]
  assert.equal(
    html`<p title="${`"'`}">${list}</p>`.toString(),
    '<p title="&quot;&#39;">&lt;i&gt;<b>&amp;</b>3</p>',
  )
})
