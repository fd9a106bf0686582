// The stores of express-session share an interface of callbacks, which each reads in its own way: some
// take the time to live from `expires`, some from `maxAge` or `originalMaxAge`; some call back twice,
// throw, or return a promise that rejects.

import { systemClock } from '../../contract/clock.ts'
import type { BasicFunctions } from './basic-functions.ts'
import { liftFunctions } from './basic-store.ts'
import type { BasicStore } from './basic-store.ts'
import { bearSilence } from './bear-silence.ts'
import { demandMethods, nameKey, timeToLive } from './foreign-store.ts'

/**
 * What {@link fromExpressStore} uses of a store.
 *
 * @example
 * ```ts
 * const expressStore: ExpressStore = new expressSession.MemoryStore()
 * ```
 */
export interface ExpressStore {
  /** Calls back with the session; with none when it is absent. */
  get(id: string, callback: (error: unknown, session?: unknown) => void): unknown
  /** Stores a session, replacing any previous one. */
  set(id: string, session: ExpressStoreSession, callback: (error?: unknown) => void): unknown
  /** Removes a session. */
  destroy(id: string, callback: (error?: unknown) => void): unknown
}

/** The session that such a store is given: a cookie, and the record as a text named `coatcheck`. */
export interface ExpressStoreSession {
  /** Never sent. Stores learn from it how long to keep the session. */
  cookie: ExpressStoreCookie
}

/** The cookie of an {@link ExpressStoreSession}. */
export interface ExpressStoreCookie {
  /** How long to keep the session, in milliseconds. */
  originalMaxAge: number | null
  /** The same again. */
  maxAge?: number | undefined
  /** When to remove it, by this machine's clock. */
  expires?: Date | null | undefined
}

/**
 * Lifts a store that was written for express-session, such as connect-pg-simple. It promises what
 * {@link basicStore} does: use one process only, and call this once for each store.
 *
 * A record rides in a session that has nothing else but a cookie, so the store must not be shared with
 * express-session itself.
 *
 * Some of these stores never call back for a session that they do not have. So a new session is saved without
 * asking for it first: keys are never reused. What this process has just removed it does not ask for either. Any
 * other `get` that is silent for half a second counts as absent if the store has never called back for an absent
 * session and, tried with another row, works; a deletion rejects instead, because a session that only seems absent
 * would live on. A store that is silent altogether holds up the session's later calls: each of them fails when the
 * manager's `timeout` is over.
 *
 * @throws {@link SessionConfigError} for an object without the three methods.
 *
 * @example
 * ```ts
 * const store = fromExpressStore(new expressSession.MemoryStore())
 * ```
 */
export function fromExpressStore(store: ExpressStore): BasicStore {
  demandMethods('fromExpressStore', store, ['get', 'set', 'destroy'])
  const functions: BasicFunctions = {
    async get(key) {
      const session = await callBack((done) => store.get(nameKey(key), done)).catch(ignoreAbsence)
      return session === undefined || session === null ? undefined : textOf(session)
    },
    save: (key, value, expiresAt, now) =>
      callBack((done) => store.set(nameKey(key), wrap(value, timeToLive(expiresAt, now)), done)),
    delete: (key) => callBack((done) => store.destroy(nameKey(key), done)),
  }
  return liftFunctions(bearSilence(functions))
}

/** Resolves or rejects at the first call of `done`, an exception, or the rejection of a returned promise. */
function callBack(call: (done: (error?: unknown, answer?: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = call((error, answer) => (error ? reject(error) : resolve(answer)))
    Promise.resolve(returned).catch(reject)
  })
}

/**
 * express-session, too, takes this error of a `get` for an absent session. But a database whose socket file
 * is missing does not run: to believe that there is no session would log its user out.
 */
function ignoreAbsence(error: unknown): void {
  if (ownOf(error, 'code') !== 'ENOENT' || ownOf(error, 'syscall') === 'connect') throw error
}

/** The text in a session. A session of other origin becomes a text that is no record. */
function textOf(session: unknown): string {
  const text = ownOf(session, 'coatcheck')
  return typeof text === 'string' ? text : ''
}

/**
 * A property that an answer itself has: what a fault elsewhere has put on the prototype of all objects is no
 * answer.
 */
function ownOf(answer: unknown, name: string): unknown {
  const object: object = Object(answer)
  return Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined
}

/** A session object for a text. Some stores add properties to it, so it is neither frozen nor kept. */
function wrap(text: string, milliseconds: number): ExpressStoreSession & { coatcheck: string } {
  return { cookie: new KeptCookie(milliseconds), coatcheck: text }
}

/** What stores look for in a cookie. Some call its `toJSON`, as that of express-session has one. */
class KeptCookie implements ExpressStoreCookie {
  originalMaxAge: number
  maxAge: number
  expires: Date
  httpOnly = true
  path = '/'

  constructor(milliseconds: number) {
    this.originalMaxAge = milliseconds
    this.maxAge = milliseconds
    this.expires = new Date(systemClock.now() + milliseconds)
  }

  toJSON(): object {
    return Object.fromEntries(Object.entries(this))
  }
}
