// How the manager learns what a store can do beyond the five verbs.

import type { SessionStore } from '../store.ts'

/**
 * Whether a store has a capability beyond the contract, such as `UserIndex`. The presence of the
 * method tells, so that a store needs no registration and may be wrapped.
 */
export function hasCapability<Contract extends object>(
  store: SessionStore,
  method: keyof Contract & string,
): store is SessionStore & Contract {
  return typeof (store as unknown as Record<string, unknown>)[method] === 'function'
}
