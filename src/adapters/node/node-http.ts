// The values of `node:http` that the node adapter uses. An `import` of it makes node read every name that the module
// exports, among them those that load its client for `fetch`: 30 ms in a process that has just started, where this
// takes 4. Node, Bun and Deno all have `getBuiltinModule`; types may be imported from `node:http` as anywhere.

import type * as nodeHttp from 'node:http'

/** The module `node:http`. */
export const http: typeof nodeHttp = process.getBuiltinModule('node:http')
