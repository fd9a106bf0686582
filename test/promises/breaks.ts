/** One line of the source, and what it could wrongly be. */
export interface Break {
  readonly promise: 'No lost writes' | 'Logout is final' | 'Saved before sent'
  /** What is then missing, as `docs/testing.md` says it. */
  readonly without: string
  readonly file: string
  readonly line: string
  readonly broken: string
}

/** Each must turn a test of its promise red: otherwise the promise rests on nothing. */
export const breaks: readonly Break[] = [
  {
    promise: 'No lost writes',
    without: 'the version check of a commit',
    file: 'src/record.ts',
    line: 'return record.version === expected.version && record.commitIds[0] === expected.commitId',
    broken: 'return Boolean(expected)',
  },
  {
    promise: 'No lost writes',
    without: 'the replay on the newest data',
    file: 'src/manager/saving/commit-record.ts',
    line: 'const draft = base === original ? save.draft : state.journal.replay(save.operations, base)',
    broken: 'const draft = save.draft',
  },
  {
    promise: 'No lost writes',
    without: 'the search for the commit id after a lost answer',
    file: 'src/manager/saving/send-commit.ts',
    line: 'if (current?.commitIds.includes(commitId)) return { isApplied: true, current }',
    broken: '',
  },
  {
    promise: 'No lost writes',
    without: 'sending an unapplied commit again',
    file: 'src/manager/saving/send-commit.ts',
    line: 'if (attempt === maxSendAttempts) throw answer',
    broken: 'throw answer',
  },
  {
    promise: 'No lost writes',
    without: 'the save after the end of the response',
    file: 'src/manager/committer.ts',
    line: 'if (state.hasChanges) await this.#saver.saveAfterHead(state)',
    broken: 'if (state.hasChanges) await undefined',
  },
  {
    promise: 'Logout is final',
    without: 'giving up when the session is gone',
    file: 'src/manager/saving/run-save.ts',
    line: 'if (login === -1 || state.generation !== generation) return false',
    broken: 'if (state.generation !== generation) return false',
  },
  {
    promise: 'Logout is final',
    without: 'the check of the verifier after a conflict',
    file: 'src/manager/saving/commit-record.ts',
    line: "if (isReplaced(save, original, base)) return { lost: 'replaced' }",
    broken: '',
  },
  {
    promise: 'Logout is final',
    without: 'the check of the verifier at load',
    file: 'src/manager/load.ts',
    line: 'isSameHash(presented.verifierHash, verifierHash) ||',
    broken: "presented.verifierHash !== '' ||",
  },
  {
    promise: 'Logout is final',
    without: 'the removal of the row',
    file: 'src/manager/saving/run-save.ts',
    line: 'await access.delete(key)',
    broken: '',
  },
  {
    promise: 'Logout is final',
    without: 'the removal of a row stored in the meantime',
    file: 'src/manager/saving/conclude-save.ts',
    line: 'state.planRemoval(record)',
    broken: '',
  },
  {
    promise: 'Logout is final',
    without: 'leaving the cookie alone for an outdated token',
    file: 'src/manager/session-headers.ts',
    line: 'const mustClear = generation > 0 && exchange.hasCookie && !exchange.hasOutdatedToken',
    broken: 'const mustClear = exchange.hasCookie && !record',
  },
  {
    promise: 'Logout is final',
    without: 'the end of an expired session',
    file: 'src/record.ts',
    line: 'return now >= expiryOf(record)',
    broken: 'return now < 0 && now >= expiryOf(record)',
  },
  {
    promise: 'Logout is final',
    without: 'the removal of a revoked row',
    file: 'src/manager/user-sessions.ts',
    line: "const isDeleted = await this.#call('deleteOwned', (index) => index.deleteOwned(userId, key))",
    broken: 'const isDeleted = Boolean(userId && key)',
  },
  {
    promise: 'Saved before sent',
    without: 'waiting for the save of a stored session',
    file: 'src/manager/committer.ts',
    line: 'if (state.hasChanges)\n',
    broken: `if (state.hasChanges && state.record) void this.#saver.saveBeforeHead(state).catch(() => {})
    else if (state.hasChanges)
`,
  },
  {
    promise: 'Saved before sent',
    without: 'failing the response for a value edited in place',
    file: 'src/manager/saving/saver.ts',
    line: "if (!(error instanceof SessionError)) this.#report('save', state, error)\n      throw error",
    broken: '',
  },
  {
    promise: 'Saved before sent',
    without: 'remembering that an earlier save failed',
    file: 'src/manager/committer.ts',
    line: 'if (!isFailing) state.assertSaved()',
    broken: '',
  },
  {
    promise: 'Saved before sent',
    without: 'dropping the changes of a handler that failed',
    file: 'src/manager/committer.ts',
    line: 'if (isFailing && !this.#settings.commitOnError) state.dropChanges()',
    broken: '',
  },
]
