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
    file: 'src/contract/record.ts',
    line: 'return record.version === expected.version && record.commitIds[0] === expected.commitId',
    broken: 'return Boolean(expected)',
  },
  {
    promise: 'No lost writes',
    without: 'the replay on the newest data',
    file: 'src/manager/saving/replay-until-written.ts',
    line: 'if (batch.length === 1 && base === changes.original && operations === changes.operations)\n        draft = changes.draft',
    broken: 'if (changes.draft) draft = changes.draft',
  },
  {
    promise: 'No lost writes',
    without: 'the search for the commit id after a lost answer',
    file: 'src/manager/saving/write-once.ts',
    line: 'if (current?.commitIds.includes(commitId))\n      return { isApplied: true, written: changeRecord(base, change), current }',
    broken: '',
  },
  {
    promise: 'No lost writes',
    without: 'sending an unapplied commit again',
    file: 'src/manager/saving/write-once.ts',
    line: 'if (attempt === maxSendAttempts) throw answer',
    broken: 'throw answer',
  },
  {
    promise: 'No lost writes',
    without: 'one of the saves that wait in line',
    file: 'src/manager/saving/replay-until-written.ts',
    line: '        draft = next\n',
    broken: '        draft = draft ?? next\n',
  },
  {
    promise: 'No lost writes',
    without: 'remembering the verifier that a soft rotation replaced',
    file: 'src/manager/saving/write-once.ts',
    line: "previousVerifierHash: rotation === 'soft' ? base.verifierHash : undefined",
    broken: 'previousVerifierHash: rotation && undefined',
  },
  {
    promise: 'No lost writes',
    without: 'telling that changes were dropped',
    file: 'src/manager/saving/save.ts',
    line: "if (settings.onDropped === 'event' &&",
    broken: 'if (',
  },
  {
    promise: 'No lost writes',
    without: 'the date of a rotation',
    file: 'src/manager/saving/write-once.ts',
    line: 'rotatedAt: clock.now(),',
    broken: 'rotatedAt: clock.now() * 0,',
  },
  {
    promise: 'No lost writes',
    without: 'the data of the session that a second login goes on with',
    file: 'src/manager/saving/save.ts',
    line: 'state.startAnew(isInherited ? current : undefined)',
    broken: 'state.startAnew(isInherited && !isInherited ? current : undefined)',
  },
  {
    promise: 'No lost writes',
    without: 'the save after the end of the response',
    file: 'src/manager/request/exchange.ts',
    line: 'if (this.#state.hasChanges) await this.#parts.saver.saveAfterHead(this.#state)',
    broken: '',
  },
  {
    promise: 'Logout is final',
    without: 'giving up when the session is gone',
    file: 'src/manager/saving/save.ts',
    line: 'if (!hasLogin || state.generation !== changes.generation) return reportDropped(changes, lost)',
    broken: 'if (state.generation !== changes.generation) return reportDropped(changes, lost)',
  },
  {
    promise: 'Logout is final',
    without: 'the check of the verifier after a conflict',
    file: 'src/manager/saving/replay-until-written.ts',
    line: 'if (isOpen) return isSameUser',
    broken: 'if (isOpen || !mustRotate) return isSameUser',
  },
  {
    promise: 'Logout is final',
    without: 'the check of the verifier at load',
    file: 'src/id/hash.ts',
    line: 'isSameHash(presented.verifierHash, record.verifierHash) ||',
    broken: "presented.verifierHash !== '' ||",
  },
  {
    promise: 'Logout is final',
    without: 'the removal of the row',
    file: 'src/manager/saving/save.ts',
    line: 'const isRemoved = await access.delete(key, owner)',
    broken: 'const isRemoved = Boolean(access && (owner ?? key))',
  },
  {
    promise: 'Logout is final',
    without: 'forgetting the verifier that a login replaced',
    file: 'src/manager/saving/write-once.ts',
    line: "previousVerifierHash: rotation === 'soft' ? base.verifierHash : undefined",
    broken: 'previousVerifierHash: rotation && base.verifierHash',
  },
  {
    promise: 'Logout is final',
    without: 'naming the owner of the row to be removed',
    file: 'src/manager/saving/save.ts',
    line: 'await access.delete(key, owner)',
    broken: 'await access.delete(key, owner === null ? undefined : owner)',
  },
  {
    promise: 'Logout is final',
    without: 'leaving the token of a sibling alone',
    file: 'src/manager/saving/replay-until-written.ts',
    line: 'if (stored === changes.original && !mustRotate) return operations',
    broken: 'if (stored === changes.original) return operations',
  },
  {
    promise: 'Logout is final',
    without: 'the removal of a row stored in the meantime',
    file: 'src/manager/saving/save.ts',
    line: 'state.planRemoval(record)',
    broken: '',
  },
  {
    promise: 'Logout is final',
    without: 'leaving the cookie alone where no row was ended',
    file: 'src/manager/request/headers.ts',
    line: 'const mustClear = exchange.hasEnded && exchange.hasCookie',
    broken: 'const mustClear = exchange.hasCookie && !record',
  },
  {
    promise: 'Logout is final',
    without: 'the end of a session over a limit that was shortened',
    file: 'src/manager/request/load.ts',
    line: 'if (now >= endOf(record, settings.lifetimes)) return endRecord(settings, hashes.key, record, now)',
    broken: '',
  },
  {
    promise: 'Logout is final',
    without: 'the removal of a revoked row',
    file: 'src/manager/upkeep/user-sessions.ts',
    line: 'index.deleteByHandle(owner, handle, clock.now()),',
    broken: 'Promise.resolve(Boolean(index && owner && handle && clock)),',
  },
  {
    promise: 'Saved before sent',
    without: 'waiting for the save of a stored session',
    file: 'src/manager/request/exchange.ts',
    line: 'if (state.hasChanges && !isErrorPage) return (this.#concluding',
    broken: `if (state.hasChanges && state.record) void saver.saveBeforeHead(state).catch(() => {})
    else if (state.hasChanges && !isErrorPage) return (this.#concluding`,
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
    file: 'src/manager/request/exchange.ts',
    line: 'if (!isFailing) state.standing.assertSaved()',
    broken: '',
  },
  {
    promise: 'Saved before sent',
    without: 'dropping the changes of a handler that failed',
    file: 'src/manager/request/exchange.ts',
    line: 'if (isFailing && !settings.saveOnError) this.#dropChanges()',
    broken: '',
  },
]
