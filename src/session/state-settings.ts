// What a session needs of its manager's settings. The manager, a layer above, adds what it needs itself.

import type { Clock } from '../clock.ts'
import type { SessionError } from '../errors.ts'
import type { DraftSettings } from './draft.ts'
import type { Lifetimes } from './lifetime.ts'

/** What all sessions of a manager have in common. */
export interface StateSettings extends DraftSettings {
  /** The only source of time; `now()` is in whole milliseconds. */
  readonly clock: Clock
  /** Whose sessions these are: part of every key and owner. */
  readonly realm: string
  /** Applied when a session is created, and again at login. */
  readonly lifetimes: Lifetimes
  /** Whether all values are decoded at the first use, rather than each when it is read. */
  readonly decodesAll: boolean
  /** Called for a record that cannot be read: whether a new session replaces it. */
  readonly shouldDiscard: (error: SessionError, handle: string | undefined) => boolean
  /** Tells of changes that were dropped with the login of a client that has hung up. */
  readonly reportUndeliverable: (state: { readonly handle: string }, count: number) => void
  /** Tells of a `save`, `consume` or `transaction` that failed and that nobody awaited. */
  readonly reportUnawaited: (error: Error, handle: string) => void
}
