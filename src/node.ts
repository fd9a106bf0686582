// The entry `coatcheck/node`: bare `node:http`, and every framework that calls middleware with `(request, response, next)`.

export { getSession } from './manager/request/bindings.ts'
export type { SaveErrorHandler } from './adapters/node/save-error.ts'
export type { ConnectMiddleware, NodeAdapterOptions } from './adapters/node/create-middleware.ts'
export { session, withSession } from './adapters/node.ts'
export type { NodeHandler } from './adapters/node.ts'
