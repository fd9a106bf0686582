import { randomUUID } from 'node:crypto'
import { memoryStore } from '../../src/stores/memory.ts'
import type { MemoryStore } from '../../src/stores/memory.ts'
import type { Address, Engine, OpenedStore } from './engine.ts'

/** The stores that several servers of this process share, by the name in their address. */
const shared = new Map<string, MemoryStore>()

/** The most that the cases about evictions can fill, and more than any other test has in use. */
const maxSessions = 1000

/** Sessions in the memory of this process. */
export const memory: Engine = {
  name: 'memory',
  programs: [],
  async start() {
    const name = randomUUID()
    const store = memoryStore({ maxSessions })
    shared.set(name, store)
    return {
      address: { kind: 'memory', ports: [], details: { name } },
      servers: [],
      async dump() {
        const { records } = await store.enumerate(undefined, maxSessions, Date.now())
        return JSON.stringify(records)
      },
      countCommands: async () => 0,
      measureSize: async () => 0,
      readVersion: async () => `Node.js ${process.version}`,
      stop: async () => void shared.delete(name),
    }
  },
}

/** The store that an address names; without a name, one that is nobody else's. */
export async function openMemory({ details }: Address): Promise<OpenedStore> {
  const store = details?.['name'] === undefined ? memoryStore() : shared.get(details['name'])
  if (!store) throw new Error('memory can only be shared within its process')
  return { store, close: async () => {} }
}
