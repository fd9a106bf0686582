// The entry `coatcheck/express`.

export { getSession } from './manager/request/bindings.ts'
export type { SaveErrorHandler } from './adapters/node/save-error.ts'
export type { ConnectMiddleware, NodeAdapterOptions } from './adapters/node/create-middleware.ts'
export { session } from './adapters/express.ts'
