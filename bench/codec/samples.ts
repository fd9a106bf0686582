const item = { sku: 'tee-m', name: 'T-shirt, size M', price: 1900, quantity: 2, gift: false, note: null }

/** Plain JSON as sessions hold it, by its rough size. */
export const plainSamples: Record<string, unknown> = {
  '200 B': { theme: 'dark', step: 3, cart: repeat(item, 2) },
  '1 kB': { theme: 'dark', step: 3, cart: repeat(item, 11) },
  '10 kB': { theme: 'dark', step: 3, cart: repeat(item, 109) },
}

const order = {
  placedAt: new Date('2026-01-02T03:04:05Z'),
  total: 123_456_789_012_345_678n,
  page: new URL('https://shop.example/orders/7?tab=items'),
  tags: new Set(['new', 'paid', 'gift']),
  discount: undefined,
}

/** What JSON cannot carry. */
export const richSamples: Record<string, unknown> = {
  'one Date': new Date('2026-01-02T03:04:05Z'),
  'one order': order,
  'a Map of 40 orders': new Map(
    repeat(order, 40).map((each, index) => [`order-${index}`, { ...each, index }]),
  ),
}

function repeat<Item extends object>(value: Item, count: number): Item[] {
  return Array.from({ length: count }, () => ({ ...value }))
}
