import type { UserIndex } from '../../src/contract/capabilities.ts'
import type { SessionStore } from '../../src/contract/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { MemoryStore } from '../../src/stores/memory.ts'

export type Verb = 'create' | 'read' | 'commit' | 'touch' | 'delete'

/**
 * What happens to a call: it is answered, refused without effect, applied with its answer lost,
 * never answered, or held until the test decides.
 */
export type Fate = 'pass' | 'refuse' | 'lose' | 'hang' | 'hold'

/** A call that waits for the test. Whatever is decided first counts. */
export interface HeldCall {
  readonly verb: Verb
  readonly key: string
  /** Applies it now and answers. */
  pass(): void
  /** Does not apply it, and rejects. */
  refuse(): void
  /** Applies it now and rejects: the answer got lost. */
  lose(): void
}

/** A memory store that answers with promises, as a server does, and does to each call what the test says. */
export interface ControlledStore extends SessionStore, UserIndex {
  /** What is really stored. */
  readonly rows: MemoryStore
  /** How many calls there were of one verb, or of all. */
  count(verb?: Verb): number
  /** Starts counting anew. */
  recount(): void
  /** The fates of the next calls of a verb, in order; afterwards all pass again. */
  plan(verb: Verb, ...fates: Fate[]): void
  /** The fate of all calls of a verb that have no planned one. */
  always(verb: Verb, fate: Fate): void
  /** The oldest held call of a verb, once it has arrived. */
  held(verb: Verb): Promise<HeldCall>
}

export function controlledStore(rows: MemoryStore = memoryStore()): ControlledStore {
  const counts = new Map<Verb, number>()
  const plans = new Map<Verb, Fate[]>()
  const defaults = new Map<Verb, Fate>()
  const arrived: HeldCall[] = []
  const waiting: { verb: Verb; resolve: (call: HeldCall) => void }[] = []

  function deliver(call: HeldCall): void {
    const index = waiting.findIndex((each) => each.verb === call.verb)
    const [waiter] = index === -1 ? [] : waiting.splice(index, 1)
    if (waiter) waiter.resolve(call)
    else arrived.push(call)
  }

  function answer<Value>(verb: Verb, key: string, apply: () => Value): Promise<Value> {
    counts.set(verb, (counts.get(verb) ?? 0) + 1)
    const fate = plans.get(verb)?.shift() ?? defaults.get(verb) ?? 'pass'
    return new Promise((resolve, reject) => {
      const refuse = () => reject(new Error(`${verb} was refused`))
      const outcomes = {
        pass: () => resolve(apply()),
        refuse,
        lose: () => (apply(), refuse()),
        hang: () => {},
        hold: () => deliver({ verb, key, pass: outcomes.pass, refuse, lose: outcomes.lose }),
      }
      outcomes[fate]()
    })
  }

  return {
    rows,
    create: (record, now, limit) =>
      answer('create', record.key, () => rows.create(record, now, limit) as boolean),
    read: (key, now) =>
      answer('read', key, () => rows.read(key, now) as Awaited<ReturnType<typeof rows.read>>),
    commit: (key, expected, change, now, limit) =>
      answer('commit', key, () => rows.commit(key, expected, change, now, limit) as boolean),
    touch: (key, lastSeenAt, idleExpiresAt, now) =>
      answer('touch', key, () => rows.touch(key, lastSeenAt, idleExpiresAt, now) as boolean),
    delete: (key, owner) => answer('delete', key, () => rows.delete(key, owner) as boolean),
    listByUser: (owner, page, now) => rows.listByUser(owner, page, now),
    countByUser: (owner, now) => rows.countByUser(owner, now),
    deleteByHandle: (owner, handle, now) => rows.deleteByHandle(owner, handle, now),
    deleteByUser: (owner, step, now) => rows.deleteByUser(owner, step, now),
    count: (verb) =>
      verb ? (counts.get(verb) ?? 0) : [...counts.values()].reduce((sum, each) => sum + each, 0),
    recount: () => counts.clear(),
    plan: (verb, ...fates) => void plans.set(verb, fates),
    always: (verb, fate) => void defaults.set(verb, fate),
    held(verb) {
      const index = arrived.findIndex((each) => each.verb === verb)
      const [call] = index === -1 ? [] : arrived.splice(index, 1)
      return call ? Promise.resolve(call) : new Promise((resolve) => waiting.push({ verb, resolve }))
    },
  }
}
