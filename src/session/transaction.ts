// A transaction is an operation whose function receives all values instead of one. It is replayed like
// any other operation, and its result comes from the run that was saved. The values that the function
// receives belong to one draft and can be used only while the function runs.

import type { EncodedValue, ValueCodec } from '../codec/value-codec.ts'
import { SessionStateError } from '../contract/errors.ts'
import type { Draft } from './draft.ts'
import { RevivedValues } from './journal.ts'
import { assertSynchronous, plainOperation } from './operations.ts'
import type { Operation } from './operations.ts'
import { SessionValues } from './session-values.ts'
import type { Workspace } from './session-values.ts'

/** Runs `run` on the values of the draft it is applied to, and passes the result to `keep`. */
export function runTransaction<Result>(
  run: (values: SessionValues<unknown>) => Result,
  keep: (result: Result) => void,
  kind: Pick<Operation, 'isTake'> = {},
): Operation {
  return {
    ...plainOperation,
    ...kind,
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

/** Applies changes to one draft, and refuses them once the transaction is over. */
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

  assertWritable(): void {
    this.currentDraft()
  }

  revive(name: string, encoded: EncodedValue, codec: ValueCodec): unknown {
    return this.revived.revive(name, encoded, codec)
  }

  change(operation: Operation): void {
    operation.apply(this.currentDraft())
    this.revived.forgetReplaced(this.#draft)
  }
}
