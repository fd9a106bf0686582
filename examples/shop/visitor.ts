import type { Session } from 'coatcheck'
import type { Cart } from './cart.ts'
import type { ShopData } from './session-data.ts'
import type { Theme } from './theme.ts'
import { findUser } from './users.ts'
import type { User } from './users.ts'

/** What every page shows about its visitor. */
export interface Visitor {
  readonly user: User | undefined
  readonly cart: Cart
  readonly notices: readonly string[]
  readonly theme: Theme | undefined
  /** The path of the page: changing the theme leads back to it. */
  readonly path: string
}

/** Reads what every page shows. Takes the notices: each is shown once. */
export function readVisitor(session: Session<ShopData>, { path }: { path: string }): Visitor {
  return {
    user: findUser(session.userId),
    cart: session.get('cart') ?? {},
    notices: session.takeFlash('notice'),
    theme: session.get('theme'),
    path,
  }
}
