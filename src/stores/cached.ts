// The entry `coatcheck/stores/cached`.

export type { CachedStoreOptions } from './cached/cached-options.ts'
export { cachedStore } from './cached/cached-store.ts'
export type { CachedStore } from './cached/cached-store.ts'
