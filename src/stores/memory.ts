// The entry `coatcheck/stores/memory`.

export type { MemoryStoreOptions } from './memory/memory-options.ts'
export { memoryStore } from './memory/memory-store.ts'
export type { MemoryStore } from './memory/memory-store.ts'
