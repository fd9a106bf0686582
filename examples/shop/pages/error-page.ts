import type { Visitor } from '../visitor.ts'
import { renderEmpty } from './empty.ts'
import type { Html } from './html.ts'
import { renderPage } from './layout.ts'

const titles: Record<number, string> = {
  400: 'We cannot read that request',
  403: 'We cannot accept that form',
  404: 'We cannot find that page',
  409: 'We could not save that',
  413: 'That form is too large',
  503: 'We are busy right now',
}

/** @param visitor - Left out if the session may be what failed. */
export function renderErrorPage(status: number, message: string, visitor?: Visitor): Html {
  return renderPage(titles[status] ?? 'Something went wrong', renderEmpty('umbrella', message), visitor)
}
