import type { Page } from 'playwright-core'

export const ada = { name: 'ada', password: 'analytical-engine' }

/** Signs in as a person would: elements are found by their visible labels, here and below. */
export async function signIn(page: Page, { name, password }: typeof ada = ada): Promise<void> {
  await page.goto('/login')
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: `Sign out ${name}` }).waitFor()
}

export async function addToCart(page: Page, product: string): Promise<void> {
  await page.goto('/')
  await page.getByRole('button', { name: `Add to cart: ${product}` }).click()
  await page.getByText(`${product} added to your cart`).waitFor()
}

const london = {
  Name: 'Ada Lovelace',
  'Street address': '12 St James Square',
  Postcode: 'SW1Y 4JH',
  City: 'London',
}

export async function fillAddress(page: Page, address: typeof london = london): Promise<void> {
  for (const [label, text] of Object.entries(address)) await page.getByLabel(label).fill(text)
  await page.getByRole('button', { name: 'Continue to delivery' }).click()
  await page.getByText('How would you like to receive your order?').waitFor()
}

/** Puts a product into the cart, and fills in the first step of the checkout. */
export async function beginCheckout(page: Page, product: string): Promise<void> {
  await addToCart(page, product)
  await page.goto('/checkout')
  await fillAddress(page)
}

export async function chooseDelivery(page: Page, name: string): Promise<void> {
  await page.getByRole('radio', { name }).check()
  await page.getByRole('button', { name: 'Continue to review' }).click()
  await page.getByText('Review your order').waitFor()
}

export function countInCart(page: Page): Promise<string> {
  return page.locator('nav .count').innerText()
}
