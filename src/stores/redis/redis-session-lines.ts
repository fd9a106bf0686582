// Looks at sessions without their data: what a list shows, a count counts and a limit compares.

import type { ListedRecord } from '../../contract/capabilities.ts'
import type { ScriptRunner } from './redis-connection.ts'
import { inBatches } from './redis-in-batches.ts'
import type { KeyNames } from './redis-options.ts'
import type { Member } from './redis-member.ts'
import { readLinesScript } from './redis-record-scripts.ts'
import { decodeListed } from './redis-record-text.ts'

/** What was found of a session that a user's set names. */
export type FoundSession =
  | { readonly kind: 'gone' | 'other' }
  | { readonly kind: 'theirs'; readonly record: ListedRecord }

/** Reads the first lines of sessions. */
export class SessionLines {
  readonly #runner: ScriptRunner
  readonly #names: KeyNames

  constructor(runner: ScriptRunner, names: KeyNames) {
    this.#runner = runner
    this.#names = names
  }

  /** What there is of each member, in their order. Reads past caches: a list decides what a user revokes. */
  read(
    owner: string,
    members: readonly (Member & { readonly score?: number })[],
  ): Promise<readonly FoundSession[]> {
    return inBatches(members, async ({ key, handle, score: endsAt = 0 }): Promise<FoundSession> => {
      const lines = await this.#runner.run(readLinesScript, [this.#names.session(key)], [])
      if (lines === null || lines === undefined) return { kind: 'gone' }
      const record = decodeListed(lines, { key, handle, owner, endsAt })
      return record === undefined ? { kind: 'other' } : { kind: 'theirs', record }
    })
  }
}

/** Whether a record could be read. */
export function isReadable(record: ListedRecord): boolean {
  return record.format !== 0
}
