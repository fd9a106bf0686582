import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import axe from 'axe-core'
import type { AxeResults } from 'axe-core'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { addToCart, chooseDelivery, fillAddress, signIn } from './actions.ts'
import { OpenShop } from './open-shop.ts'

let shop: OpenShop
before(async () => {
  shop = await OpenShop.open()
})
after(() => shop.close())

/** Runs axe with all its rules: WCAG 2.0 to 2.2, levels A and AA, and best practices. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`)
}

/** At every width that matters, how much of the page sticks out of the screen; widths where nothing does are left out. */
async function findOverflow(page: Page): Promise<Record<number, number>> {
  const size = page.viewportSize() ?? assert.fail()
  const found: Record<number, number> = {}
  for (const width of [320, 390, 1280]) {
    await page.setViewportSize({ ...size, width })
    const overflow: number = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    if (overflow !== 0) found[width] = overflow
  }
  await page.setViewportSize(size)
  return found
}

/** What a finger may miss: 44 px is the least height that the platforms' guidelines recommend. */
function findSmallTargets(page: Page): Promise<string[]> {
  return page.evaluate(`
    [...document.querySelectorAll('button, nav a, header a, .button, .back, .steps a, .choice, .field input, input[type=number]')]
      .filter((element) => element.getBoundingClientRect().height < 44)
      .map((element) => element.outerHTML)`)
}

const longWord = 'Donaudampfschifffahrtsgesellschaft'.repeat(3).slice(0, 100)
const longAddress = { Name: longWord, 'Street address': longWord, Postcode: longWord, City: longWord }

const looks: Record<string, BrowserContextOptions> = {
  'a phone in light': { viewport: { width: 390, height: 740 }, colorScheme: 'light' },
  'a phone in dark': { viewport: { width: 390, height: 740 }, colorScheme: 'dark' },
  'a desk in light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'a desk in dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
}

for (const [look, options] of Object.entries(looks)) {
  describe(`on ${look}`, () => {
    test('every page is accessible, fits the screen, and loads nothing from other hosts', async () => {
      const device = await shop.newDevice(options)
      const page = await device.newPage()
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('requestfailed', (request) => {
        // A picture that was still loading when the next page was opened.
        if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()}`)
      })
      page.on('request', (request) => {
        if (!request.url().startsWith(shop.address)) complaints.push(`outside: ${request.url()}`)
      })
      const check = async (name: string): Promise<void> => {
        // A page that a click led to may show its text before its style sheet has arrived.
        await page.waitForLoadState()
        assert.deepEqual(await findViolations(page), [], name)
        assert.deepEqual(await findOverflow(page), {}, `${name} is wider than the screen`)
        assert.deepEqual(await findSmallTargets(page), [], name)
      }

      await page.goto('/cart')
      await check('the empty cart')
      assert.equal((await page.goto('/checkout/%zz'))?.status(), 400)
      await check('an error without a session')
      complaints.length = 0
      await page.goto('/')
      await check('the collection')
      await addToCart(page, 'Overcoat')
      await addToCart(page, 'Umbrella')
      await check('the collection with a message')
      await page.goto('/cart')
      await check('the cart')
      await page.goto('/checkout')
      await check('the address')
      await fillAddress(page)
      await check('the delivery')
      await chooseDelivery(page, 'Parcel')
      await check('the review')
      await page.getByRole('link', { name: 'Change address' }).click()
      await fillAddress(page, longAddress)
      await chooseDelivery(page, 'Express')
      await check('the review with long words')
      await page.getByRole('button', { name: 'Place order' }).click()
      await page.getByText('Thank you').waitFor()
      await check('the order with long words')
      await signIn(page)
      await page.goto('/devices')
      await check('the devices')
      await page.getByRole('button', { name: /^Sign out ada/ }).click()
      await page.getByText('Signed out').waitFor()
      assert.deepEqual(complaints, [])

      await page.goto('/login')
      await page.getByLabel('Name').fill('ada')
      await page.getByLabel('Password').fill('wrong')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('alert').waitFor()
      await check('the failed login')
      await addToCart(page, 'Boots')
      await page.goto('/checkout')
      await page.getByRole('button', { name: 'Continue to delivery' }).click()
      await page.getByText('Please enter your street and number.').waitFor()
      await check('the address with problems')
      await page.goto('/nowhere')
      await check('the page that does not exist')
      await device.close()
    })
  })
}

test('the chosen theme overrides the browser, and is kept', async () => {
  const device = await shop.newDevice({ colorScheme: 'light' })
  const page = await device.newPage()
  const groundOf = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  await page.goto('/login')
  const light = await groundOf()
  const choose = async (name: string): Promise<void> => {
    await page.getByRole('button', { name, pressed: false }).click()
    await page.getByRole('button', { name, pressed: true }).waitFor()
  }
  await choose('dark')
  assert.match(page.url(), /\/login$/)
  const dark = await groundOf()
  assert.notEqual(dark, light)
  await page.goto('/cart')
  assert.equal(await groundOf(), dark)
  assert.equal(await page.getByRole('button', { name: 'dark', pressed: true }).count(), 1)
  await choose('auto')
  assert.equal(await groundOf(), light)
  await device.close()
})
