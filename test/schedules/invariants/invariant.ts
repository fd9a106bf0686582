import type { History } from '../history.ts'
import type { Shape } from '../program.ts'

/** What must hold in every schedule, whatever its interleaving and its faults. */
export interface Invariant {
  /** The number of the failure mode that it rules out, such as D1. */
  readonly name: string
  /** The invariant as a sentence, as in docs/schedules.md. */
  readonly claim: string
  /** The programs that are most likely to violate it. It must hold in all others as well. */
  readonly shape: Shape
  /** Yields a sentence for each violation. */
  readonly check: (history: History) => Iterable<string>
}
