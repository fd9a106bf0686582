// A transaction is one more operation, whose function gets all values instead of one. It can
// therefore be replayed like any other, and its result is taken from the run that was saved. The
// values it hands out work on that one draft only, and no longer than the function runs.

import type { Fragment, FragmentCodec } from '../codec/fragment.ts'
import { SessionStateError } from '../errors.ts'
import type { Draft } from './draft.ts'
import { demandNoPromise } from './operations.ts'
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
      const result = demandNoPromise('transaction()', run(new SessionValues(workspace)))
      workspace.revived.demandNoEdits(draft.codec)
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

  look(): Draft {
    if (this.#isClosed)
      throw new SessionStateError('the transaction is over: its values can no longer be used')
    return this.#draft
  }

  revive(name: string, fragment: Fragment, codec: FragmentCodec): unknown {
    return this.revived.revive(name, fragment, codec)
  }

  change(operation: Operation): void {
    operation.apply(this.look())
    this.revived.forgetReplaced(this.#draft)
  }
}
