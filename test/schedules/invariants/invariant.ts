import type { History } from '../history.ts'
import type { Shape } from '../program.ts'

/** What must hold in every schedule, whatever its interleaving and its faults. */
export interface Invariant {
  /** Its name, such as D1. */
  readonly name: string
  readonly claim: string
  /** The programs that are most likely to break it. It holds in all others as well. */
  readonly shape: Shape
  /** What is wrong, one sentence each. */
  readonly check: (history: History) => Iterable<string>
}
