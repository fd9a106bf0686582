import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { root } from '../examples/build-library.ts'
import { addToCart, fillAddress, signIn } from './actions.ts'
import { OpenShop } from './open-shop.ts'

const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1 }
const desk: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }

/** Takes the screenshots that are kept in `docs`. */
async function takeScreenshots(shop: OpenShop): Promise<void> {
  await visit(shop, { ...desk, colorScheme: 'light' }, async (page) => {
    await addToCart(page, 'Umbrella')
    await page.evaluate('scrollTo(0, 0)')
    await keep(page, 'desk-light')
  })
  await visit(shop, { ...desk, colorScheme: 'dark' }, async (page) => {
    await addToCart(page, 'Overcoat')
    await addToCart(page, 'Top hat')
    await page.goto('/cart')
    await keep(page, 'cart-desk-dark')
  })
  await visit(shop, { ...phone, colorScheme: 'light' }, async (page) => {
    await addToCart(page, 'Boots')
    await page.goto('/checkout')
    await fillAddress(page)
    await keep(page, 'checkout-phone-light')
  })
  await visit(shop, { ...phone, colorScheme: 'dark' }, async (page) => {
    await signIn(page)
    await visit(shop, desk, signIn)
    await page.goto('/devices')
    await keep(page, 'devices-phone-dark')
  })
}

async function visit(
  shop: OpenShop,
  options: BrowserContextOptions,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const device = await shop.newDevice(options)
  await act(await device.newPage())
  await device.close()
}

async function keep(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(root, 'docs', `shop-${name}.png`) })
}

const shop = await OpenShop.open()
await takeScreenshots(shop).finally(() => shop.close())
