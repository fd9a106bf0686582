// A transaction is one more operation, whose function gets all values instead of one. It can
// therefore be replayed like any other, and its result is taken from the run that was saved. The
// values it hands out work on that one draft only, and no longer than the function runs.

import type { EncodedValue, ValueCodec } from '../codec/value-codec.ts'
import { SessionStateError } from '../errors.ts'
import type { Draft } from './draft.ts'
import { assertSynchronous } from './operations.ts'
import type { Operation } from './operations.ts'
import { RevivedValues } from './revived-values.ts'
import { SessionValues } from './session-values.ts'
import type { Workspace } from './session-values.ts'

/** Runs `run` on the values of whatever draft it is applied to, and hands its result to `keep`. */
export function transact<Result>(
  run: (values: SessionValues<unknown>) => Result,
  keep: (result: Result) => void,
): Operation {
  return {
    apply(draft) {
      const workspace = new DraftWorkspace(draft)
      const result = assertSynchronous('transaction()', run(new SessionValues(workspace)))
      workspace.revived.assertNoEdits(draft.codec)
      workspace.close()
      keep(result)
      return result
    },
  }
}

class DraftWorkspace implements Workspace {
  readonly revived = new RevivedValues()
  readonly #draft: Draft
  #isClosed = false

  constructor(draft: Draft) {
    this.#draft = draft
  }

  close(): void {
    this.#isClosed = true
  }

  currentDraft(): Draft {
    if (this.#isClosed)
      throw new SessionStateError('the transaction is over: its values can no longer be used')
    return this.#draft
  }

  revive(name: string, encoded: EncodedValue, codec: ValueCodec): unknown {
    return this.revived.revive(name, encoded, codec)
  }

  change(operation: Operation): void {
    operation.apply(this.currentDraft())
    this.revived.forgetReplaced(this.#draft)
  }
}
