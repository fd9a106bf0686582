import type { UncachedRead } from '../../../src/contract/capabilities.ts'
import type { EngineStore } from '../engine.ts'
import { hasCapability } from '../../../src/manager/call-store.ts'

/** The verbs of a store, and those of its user index. */
export type Verb = 'create' | 'read' | 'commit' | 'touch' | 'delete' | 'list' | 'count'

/** What is done around each call of a store. */
export type Surround = <Answer>(verb: Verb, call: () => Promise<Answer>) => Promise<Answer>

/** The same store, with something around each of its calls. */
export function surroundCalls(store: EngineStore, surround: Surround): EngineStore {
  const uncached = hasCapability<UncachedRead>(store, 'readUncached') ? store : undefined
  return {
    create: (...given) => surround('create', async () => store.create(...given)),
    read: (...given) => surround('read', async () => store.read(...given)),
    commit: (...given) => surround('commit', async () => store.commit(...given)),
    touch: (...given) => surround('touch', async () => store.touch(...given)),
    delete: (...given) => surround('delete', async () => store.delete(...given)),
    listByUser: (...given) => surround('list', async () => store.listByUser(...given)),
    countByUser: (...given) => surround('count', async () => store.countByUser(...given)),
    deleteByHandle: (...given) => surround('delete', async () => store.deleteByHandle(...given)),
    deleteByUser: (...given) => surround('delete', async () => store.deleteByUser(...given)),
    enumerate: (...given) => store.enumerate(...given),
    ...(uncached && {
      readUncached: (key: string, now: number) =>
        surround('read', async () => uncached.readUncached(key, now)),
    }),
  }
}
