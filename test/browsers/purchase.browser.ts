import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { addToCart, beginCheckout, chooseDelivery, countInCart, fillAddress } from './actions.ts'
import { OpenShop } from './open-shop.ts'

let shop: OpenShop
before(async () => {
  shop = await OpenShop.open()
})
after(() => shop.close())

describe('a purchase', () => {
  test('a purchase works from the collection to the order, by keyboard and mouse', async () => {
    const device = await shop.newDevice()
    const page = await device.newPage()
    await addToCart(page, 'Scarf')
    await addToCart(page, 'Top hat')
    await page.getByRole('link', { name: 'Cart 2' }).click()
    await page.getByLabel('Quantity of Scarf').fill('3')
    await page.keyboard.press('Enter')
    await page.getByText('€264.00').waitFor()
    await page.getByRole('button', { name: 'Remove Top hat' }).click()
    await page.getByRole('link', { name: 'Go to checkout' }).click()
    await fillAddress(page)
    await chooseDelivery(page, 'Express')
    await page.getByText('€147.90').waitFor()
    await page.getByRole('button', { name: 'Place order' }).click()
    await page.getByText('Thank you, Ada Lovelace').waitFor()
    assert.match(await page.locator('.number').innerText(), /^\d{9}$/)
    assert.equal(await countInCart(page), '0')
    await device.close()
  })

  test('a purchase continues after the visitor has left, and after the server was killed between two steps', async () => {
    const device = await shop.newDevice()
    const page = await device.newPage()
    await beginCheckout(page, 'Boots')
    await page.goto('about:blank')
    await shop.killAndRestart()
    await page.goto('/checkout')
    await chooseDelivery(page, 'Pick-up at our counter')
    await shop.killAndRestart()
    await page.getByRole('button', { name: 'Place order' }).click()
    await page.getByText('Total €159.00').waitFor()
    await device.close()
  })

  test('a purchase makes one order of a double click', async () => {
    const device = await shop.newDevice()
    const page = await device.newPage()
    await beginCheckout(page, 'Gloves')
    await chooseDelivery(page, 'Parcel')
    await page.getByRole('button', { name: 'Place order' }).dblclick()
    await page.getByText('Total €43.90').waitFor()
    assert.equal(await countInCart(page), '0')
    await device.close()
  })
})

test('an order is reviewed again if another tab has changed the cart', async () => {
  const device = await shop.newDevice()
  const page = await device.newPage()
  await beginCheckout(page, 'Gloves')
  await chooseDelivery(page, 'Parcel')
  const other = await device.newPage()
  await addToCart(other, 'Top hat')
  await page.getByRole('button', { name: 'Place order' }).click()
  await page.getByText('Your cart or checkout has changed.').waitFor()
  await page.getByText('Total €172.90').waitFor()
  await page.getByRole('button', { name: 'Place order' }).click()
  await page.getByText('Order confirmed').waitFor()
  await device.close()
})

test('adding a product shows it again, with a notice that leads to the cart', async () => {
  const device = await shop.newDevice({ viewport: { width: 390, height: 700 } })
  const page = await device.newPage()
  await addToCart(page, 'Boots')
  assert.match(page.url(), /#boots$/)
  const product = await page.locator('#boots').boundingBox()
  const notice = await page.locator('.notice').boundingBox()
  assert.ok(product && notice)
  assert.ok(notice.y >= 0 && product.y >= notice.y + notice.height && product.y < 350)
  await page.getByRole('link', { name: 'View cart' }).click()
  assert.equal(await page.getByLabel('Quantity of Boots').inputValue(), '1')
  await device.close()
})

test('two tabs that share a session add to one cart at the same moment', async () => {
  const device = await shop.newDevice()
  const first = await device.newPage()
  await addToCart(first, 'Umbrella')
  const tabs = [first, await device.newPage()]
  for (let round = 1; round <= 10; round += 1) {
    await Promise.all(tabs.map((tab) => tab.goto('/')))
    const bothClicked = Promise.withResolvers<void>()
    let clicks = 0
    await device.route('**/cart/*/add', async (route) => {
      clicks += 1
      if (clicks === tabs.length) bothClicked.resolve()
      await bothClicked.promise
      await route.continue()
    })
    await Promise.all(
      tabs.map(async (tab, index) => {
        const product = index === 0 ? 'Overcoat' : 'Scarf'
        const answered = tab.waitForEvent('load')
        await tab.getByRole('button', { name: `Add to cart: ${product}` }).click()
        await answered
      }),
    )
    await device.unroute('**/cart/*/add')
    await first.goto('/cart')
    assert.equal(await countInCart(first), String(1 + 2 * round))
  }
  assert.equal(await first.getByLabel('Quantity of Overcoat').inputValue(), '10')
  assert.equal(await first.getByLabel('Quantity of Scarf').inputValue(), '10')
  await device.close()
})
