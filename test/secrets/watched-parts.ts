import { inspect } from 'node:util'
import type { SessionEvent } from '../../src/manager/events.ts'
import type { SessionStore } from '../../src/contract/store.ts'
import { before } from './before.ts'
import { note, search } from './search.ts'
import { searchError, searchSoon } from './watch-errors.ts'

type Issuer = (...given: string[]) => string
interface Class {
  readonly prototype: object
}
type Method = (...given: unknown[]) => unknown

export function watchIssuer(issue: Issuer): Issuer {
  return (...given) => {
    const token = issue(...given)
    note(token)
    return token
  }
}

/** A token that opens a session here may have been issued by another process. */
export function watchTokens(tokens: { prototype: object }): void {
  before(tokens.prototype, 'remember', ([token]) => note(String(token)))
}

/** A class of which every instance is searched, wherever it is thrown and whoever swallows it. */
export function watchErrorClass(errors: object): void {
  class Watched extends Error {
    constructor(message: string, options?: ErrorOptions) {
      super(message, options)
      searchSoon(this)
    }
  }
  Object.setPrototypeOf(errors, Watched)
}

/** Sessions and their values are watched just before their class is frozen. */
export function watchFreezing(freeze: (frozen: Class) => void): (frozen: Class) => void {
  return (frozen) => {
    watchMethods(frozen.prototype)
    freeze(frozen)
  }
}

/** The prints of a session, and whatever its methods throw. */
function watchMethods(prototype: object): void {
  const prints = new Set<PropertyKey>(['toString', 'toJSON'])
  const wrap = (name: PropertyKey, method: object): object =>
    new Proxy(method, {
      apply(real, self, given) {
        try {
          const result: unknown = Reflect.apply(real as Method, self, given)
          if (prints.has(name)) search('inspection', result)
          return result
        } catch (error) {
          searchError(error)
          throw error
        }
      },
    })
  for (const name of Reflect.ownKeys(prototype)) {
    const property = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor
    if (name === 'constructor' || property.configurable !== true) continue
    if (property.get) property.get = wrap(name, property.get) as () => unknown
    else property.value = wrap(name, property.value as object)
    Object.defineProperty(prototype, name, property)
  }
}

interface Settings {
  readonly store: SessionStore
  readonly emit: (event: SessionEvent) => void
}

/** All store calls of a manager with their answers, and all its events. */
export function watchSettings(resolve: (options: unknown) => Settings): (options: unknown) => Settings {
  return (options) => {
    const settings = resolve(options)
    const emit = (event: SessionEvent): void => {
      search('event', [event, inspect(event, { depth: 10 })])
      settings.emit(event)
    }
    return { ...settings, emit, store: watchStore(settings.store) }
  }
}

function watchStore(store: SessionStore): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...given: unknown[]) => {
        searchCall(given)
        const answer: unknown = Reflect.apply(member, target, given)
        if (answer instanceof Promise) answer.then(searchCall, searchCall)
        // Another thenable may do its work at each `then`: it is left alone.
        else if (!isThenable(answer)) searchCall(answer)
        return answer
      }
    },
  })
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function searchCall(each: unknown): void {
  search('store call', each)
}
