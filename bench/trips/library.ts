// Where the public entries of the sources are. Nothing else in this folder imports any of them.

export { withSession } from '../../src/node.ts'
export { createSessionManager } from '../../src/index.ts'
export { sqliteStore } from '../../src/stores/sqlite.ts'
