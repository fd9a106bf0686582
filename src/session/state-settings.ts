import type { Clock } from '../clock.ts'
import type { SessionError } from '../errors.ts'
import type { DraftSettings } from './draft.ts'
import type { Lifetimes } from './lifetime.ts'

/** What all sessions of a manager have in common. */
export interface StateSettings extends DraftSettings {
  readonly clock: Clock
  readonly lifetimes: Lifetimes
  /** Whether every value is decoded at the first use, and not each when it is asked for. */
  readonly decodesAll: boolean
  /** Told of a record that cannot be read: whether its session is given up for a new one. */
  readonly isGivenUp: (error: SessionError, handle: string | undefined) => boolean
}
