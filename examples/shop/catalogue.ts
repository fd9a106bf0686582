export interface Product {
  readonly id: string
  readonly name: string
  readonly description: string
  /** In cents. */
  readonly price: number
}

/** The picture of each is `public/pictures/<id>.svg`. */
export const products: readonly Product[] = [
  {
    id: 'overcoat',
    name: 'Overcoat',
    description: 'Heavy wool, deep pockets, a loop to hang it by.',
    price: 24900,
  },
  {
    id: 'scarf',
    name: 'Scarf',
    description: 'Two metres of lambswool. Never left behind again.',
    price: 4500,
  },
  {
    id: 'gloves',
    name: 'Gloves',
    description: 'Sold as a pair, and meant to stay one.',
    price: 3900,
  },
  {
    id: 'top-hat',
    name: 'Top hat',
    description: 'Black silk, for evenings that end at the cloakroom.',
    price: 12900,
  },
  {
    id: 'umbrella',
    name: 'Umbrella',
    description: 'Opens in the rain. Found under every counter.',
    price: 3500,
  },
  {
    id: 'boots',
    name: 'Boots',
    description: 'Waterproof leather that wears well with snow.',
    price: 15900,
  },
]

export function findProduct(id: string): Product | undefined {
  return products.find((product) => product.id === id)
}
