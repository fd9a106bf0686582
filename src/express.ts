// The entry `coatcheck/express`.

export { getSession } from './manager/request/bindings.ts'
export type { CommitErrorHandler } from './adapters/node/commit-error.ts'
export type { ConnectMiddleware, NodeAdapterOptions } from './adapters/node/create-middleware.ts'
export { session } from './adapters/express.ts'
