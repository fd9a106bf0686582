// The entry `coatcheck/fetch`: servers that pass a `Request` to a function and expect a `Response`.

export { getSession } from './manager/request/bindings.ts'
export type { FetchHandler, HandleOptions } from './manager/session-manager.ts'
export { withSession } from './adapters/fetch.ts'
export type { PlatformHandler, PlatformOf } from './adapters/fetch.ts'
