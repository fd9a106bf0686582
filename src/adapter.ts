// The entry `coatcheck/adapter`: for whoever writes the adapter of a framework.

export type { CookieAttributes, ResponseCookie } from './cookie/write-cookie.ts'
export { applyHeaders } from './manager/request/headers.ts'
export type { NodeHeaders } from './manager/request/headers.ts'
export type { HeaderFields } from './manager/request/cache-policy.ts'
export type {
  Exchange,
  ExchangeAnswer,
  ExchangeRequest,
  FailedAnswer,
  GivenAnswer,
  LateChangeListener,
} from './manager/request/exchange.ts'
export type { SessionHeaders } from './manager/request/headers.ts'
export { open } from './manager/request/open.ts'
