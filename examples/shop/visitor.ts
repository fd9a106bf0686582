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
  /** The names of products that were just added to the cart. */
  readonly added: readonly string[]
  readonly theme: Theme | undefined
  /** The path of the page: changing the theme and signing in lead back to it. */
  readonly path: string
}

/** Reads what every page shows. Takes the notices: each is shown once. */
export function readVisitor(session: Session<ShopData>, request: { path: string }): Visitor {
  const [notices, added] = [session.takeFlash('notice'), session.takeFlash('added')]
  return { ...recognizeVisitor(session, request), notices, added }
}

/** Leaves the notices for the next page: browsers ask for some things, such as icons, without showing the answer. */
export function recognizeVisitor(session: Session<ShopData>, { path }: { path: string }): Visitor {
  return {
    user: findUser(session.userId),
    cart: session.get('cart') ?? {},
    notices: [],
    added: [],
    theme: session.get('theme'),
    path,
  }
}

/**
 * Shows a notice on the visitor's next page. It replaces those that nobody has seen yet: a client that never opens a
 * page would otherwise fill its session with them.
 */
export function notify(session: Session<ShopData>, kind: 'notice' | 'added', text: string): void {
  session.takeFlash('notice')
  session.takeFlash('added')
  session.flash(kind, text)
}
