import type { Draft } from './draft.ts'
import { demandNoPromise } from './operations.ts'
import type { Operation } from './operations.ts'
import { SessionValues } from './session-values.ts'
import type { Workspace } from './session-values.ts'

/** Runs `run` on the values of whatever draft it is applied to, and hands its result to `keep`. */
export function transact<Result>(
  run: (values: SessionValues<unknown>) => Result,
  keep: (result: Result) => void,
): Operation {
  return { apply: (draft) => keep(demandNoPromise('transaction()', run(new SessionValues(workOn(draft))))) }
}

function workOn(draft: Draft): Workspace {
  return {
    look: () => draft,
    change: (operation) => operation.apply(draft),
    revive: (_name, fragment) => draft.codec.decode(fragment),
  }
}
