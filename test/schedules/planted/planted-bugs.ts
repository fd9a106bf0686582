import type { Replacement } from '../../support/replace-source.ts'

/** A bug that the schedules must find. */
export interface PlantedBug {
  readonly name: string
  /** The invariant whose schedules must find it, and which must be reported as violated. */
  readonly invariant: string
  readonly replacements: readonly Replacement[]
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'no version check',
    invariant: 'D1',
    replacements: [
      {
        file: 'src/contract/record.ts',
        text: 'return record.version === expected.version && record.commitIds[0] === expected.commitId',
        by: 'return true',
      },
    ],
  },
  {
    name: 'no verifier check after a conflict',
    invariant: 'D7',
    replacements: [
      {
        file: 'src/manager/saving/replay-until-written.ts',
        text: 'if (isOpen) return isSameUser',
        by: 'if (isOpen || !mustRotate) return isSameUser',
      },
    ],
  },
  {
    name: 'no commit ids',
    invariant: 'D16',
    replacements: [
      {
        file: 'src/manager/saving/write-once.ts',
        text: 'if (current?.commitIds.includes(commitId))',
        by: 'if (commitId === undefined)',
      },
    ],
  },
  {
    name: 'a clearing Set-Cookie on unknown tokens',
    invariant: 'D17',
    replacements: [
      {
        file: 'src/manager/request/headers.ts',
        text: 'const mustClear = exchange.hasEnded && exchange.hasCookie',
        by: 'const mustClear = !record && exchange.hasCookie',
      },
    ],
  },
  {
    name: 'a save that is not awaited before the head',
    invariant: 'D1',
    replacements: [
      {
        file: 'src/manager/request/exchange.ts',
        text: 'await this.#parts.saver.saveBeforeHead(this.#state)',
        by: 'void this.#parts.saver.saveBeforeHead(this.#state).catch(() => {})',
      },
    ],
  },
  {
    name: 'a replay that forgets the operations',
    invariant: 'D1',
    replacements: [
      {
        file: 'src/manager/saving/replay-until-written.ts',
        text: 'for (const operation of operations) journal.apply(operation, next)',
        by: 'void operations',
      },
    ],
  },
  {
    name: 'changes that every conflict drops',
    invariant: 'D1',
    replacements: [
      {
        file: 'src/manager/saving/replay-until-written.ts',
        text: 'if (!operations) {',
        by: 'if (!operations || base !== changes.original) {',
      },
    ],
  },
  {
    name: 'a session that is created again when it is gone',
    invariant: 'D2',
    replacements: [
      {
        file: 'src/manager/saving/replay-until-written.ts',
        text: '    base = current\n',
        by: '    if (!current) await settings.store.create((current = base), settings.clock.now())\n    base = current\n',
      },
    ],
  },
  {
    name: 'a logout that misses a save in progress',
    invariant: 'D2',
    replacements: [
      {
        file: 'src/manager/saving/save.ts',
        text: 'state.planRemoval(record)',
        by: '',
      },
    ],
  },
  {
    name: 'a logout that gives up when the token was replaced',
    invariant: 'D3',
    replacements: [
      {
        file: 'src/session/session-state.ts',
        text: 'const { key, handle, owner } = ownRecord(record)',
        by: 'const { key, handle, owner, verifierHash } = ownRecord(record)',
      },
      {
        file: 'src/session/session-state.ts',
        text: 'owner: owner ?? null },',
        by: 'owner: owner ?? null, verifierHash },',
      },
      {
        file: 'src/manager/saving/save.ts',
        text: 'for (const { key, handle, owner } of state.removals) {',
        by: `for (const { key, handle, owner, verifierHash } of state.removals) {
          const row = await settings.store.read(key, settings.clock.now())
          if (row && row.verifierHash !== verifierHash) {
            state.removals = []
            continue
          }`,
      },
    ],
  },
  {
    name: 'a token that is sent although its rotation was lost',
    invariant: 'D4',
    replacements: [
      {
        file: 'src/manager/saving/save.ts',
        text: 'if (isAdopted && isRotated) changes.state.exchange.mustSendToken = true',
        by: 'if (isAdopted && changes.operations.some((operation) => operation.rotates)) changes.state.exchange.mustSendToken = true',
      },
    ],
  },
  {
    name: 'an old token that still opens the session',
    invariant: 'D5',
    replacements: [
      {
        file: 'src/id/hash.ts',
        text: 'isSameHash(presented.verifierHash, record.verifierHash) ||',
        by: "presented.verifierHash !== '' ||",
      },
    ],
  },
  {
    name: 'a rotation in two steps',
    invariant: 'D6',
    replacements: [
      {
        file: 'src/manager/saving/write-once.ts',
        text: `const answer = await access.write('commit', () =>
      store.commit(base.key, expected, change, clock.now(), limit),
    )`,
        by: `const send = async () => {
          if (change.verifierHash === base.verifierHash)
            return access.write('commit', () => store.commit(base.key, expected, change, clock.now(), limit))
          const first = { ...change, verifierHash: base.verifierHash, commitIds: ['first', ...base.commitIds] }
          const isDone = await access.write('commit', () => store.commit(base.key, expected, first, clock.now(), limit))
          if (isDone !== true) return isDone
          const then = { version: first.version, commitId: 'first' }
          const second = { ...change, version: first.version + 1 }
          return access.write('commit', () => store.commit(base.key, then, second, clock.now(), limit))
        }
        const answer = await send()`,
      },
    ],
  },
  {
    name: 'a transaction that keeps its first result',
    invariant: 'D9',
    replacements: [
      {
        file: 'src/manager/saving/saver.ts',
        text: 'void (results[0] = result)',
        by: 'void (results.length === 0 && results.push(result))',
      },
    ],
  },
  {
    name: 'an evicted session that lives on in a cache',
    invariant: 'D14',
    replacements: [
      {
        file: 'src/manager/request/load.ts',
        text: '(record) => judge(settings, presented, record, now)',
        by: '(record) => judge(settings, presented, record ? (known.set(record.key, record), record) : known.get(presented.hashes.key), now)',
      },
      {
        file: 'src/manager/request/load.ts',
        text: '/** Reads the record of a token,',
        by: 'const known = new Map<string, SessionRecord>()\n/** Reads the record of a token,',
      },
    ],
  },
  {
    name: 'a store call without a timeout',
    invariant: 'D15',
    replacements: [
      {
        file: 'src/manager/call-store.ts',
        text: 'const cancel = clock.schedule(limit, () => {',
        by: 'const cancel = clock.schedule(limit * 1000, () => {',
      },
    ],
  },
  {
    name: 'a store failure that is treated as a visitor',
    invariant: 'D15',
    replacements: [
      {
        file: 'src/manager/request/load.ts',
        text: "      state.standing.fail(found.error)\n      settings.emit({ type: 'failed', during: 'load', error: found.error })",
        by: '',
      },
    ],
  },
  {
    name: 'a retry with a new commit id',
    invariant: 'D16',
    replacements: [
      {
        file: 'src/manager/saving/write-once.ts',
        text: 'if (answer === false || !current) return { isApplied: false, current }',
        by: 'if (current || !current) return { isApplied: false, current }',
      },
      {
        file: 'src/manager/saving/write-once.ts',
        text: 'if (current?.commitIds.includes(commitId))\n      return { isApplied: true, written: changeRecord(base, change), current }',
        by: 'void commitId',
      },
    ],
  },
  {
    name: 'a line that a failed save blocks forever',
    invariant: 'D18',
    replacements: [
      {
        file: 'src/manager/saving/save-line.ts',
        text: 'for (const waiting of batch) waiting.fail(error)\n',
        by: 'for (const waiting of batch) waiting.fail(error)\n        return\n',
      },
      {
        file: 'src/manager/saving/save-line.ts',
        text: 'const cancel = clock.schedule(left, () => {',
        by: 'const cancel = clock.schedule(left * 1e6, () => {',
      },
    ],
  },
  {
    name: 'a later format that is accepted',
    invariant: 'D20',
    replacements: [
      {
        file: 'src/manager/call-store.ts',
        text: 'record.format !== recordFormat',
        by: 'record.format < 1',
      },
    ],
  },
  {
    name: 'a commit that does not check the format',
    invariant: 'D20',
    replacements: [
      {
        file: 'src/manager/saving/store-access.ts',
        text: 'if (damage) throw damage',
        by: '',
      },
    ],
  },
  {
    name: 'a touch for every request',
    invariant: 'D24',
    replacements: [
      {
        file: 'src/manager/upkeep/toucher.ts',
        text: 'if (known && !isTouchDue(known, lifetimes, at)) return last.answer',
        by: 'void known',
      },
    ],
  },
  {
    name: 'a touch that goes backward',
    invariant: 'D24',
    replacements: [
      {
        file: 'src/contract/record.ts',
        text: 'lastSeenAt: Math.max(record.lastSeenAt, lastSeenAt),',
        by: 'lastSeenAt,',
      },
    ],
  },
  {
    name: 'a line of saves that loses one',
    invariant: 'D1',
    replacements: [
      {
        file: 'src/manager/saving/replay-until-written.ts',
        text: '        draft = next\n',
        by: '        draft = draft ?? next\n',
      },
    ],
  },
  {
    name: 'a hard rotation that remembers the former token',
    invariant: 'D25',
    replacements: [
      {
        file: 'src/manager/saving/write-once.ts',
        text: "previousVerifierHash: rotation === 'soft' ? base.verifierHash : undefined",
        by: 'previousVerifierHash: rotation && base.verifierHash',
      },
    ],
  },
  {
    name: 'changes that are dropped without a word',
    invariant: 'D25',
    replacements: [
      {
        file: 'src/manager/saving/save.ts',
        text: "if (settings.onDropped === 'event' &&",
        by: 'if (',
      },
    ],
  },
  {
    name: 'a logout of whatever user has signed in',
    invariant: 'D26',
    replacements: [
      {
        file: 'src/manager/saving/save.ts',
        text: 'await access.delete(key, owner)',
        by: 'await access.delete(key, owner === null ? undefined : owner)',
      },
    ],
  },
  {
    name: 'a logout that ended no row and clears the cookie',
    invariant: 'D27',
    replacements: [
      {
        file: 'src/manager/request/headers.ts',
        text: 'const mustClear = exchange.hasEnded && exchange.hasCookie',
        by: 'const mustClear = exchange.mustClearFormer && !record && exchange.hasCookie',
      },
    ],
  },
  {
    name: 'a rotation that is not dated',
    invariant: 'D27',
    replacements: [
      {
        file: 'src/manager/saving/write-once.ts',
        text: 'rotatedAt: clock.now(),',
        by: 'rotatedAt: clock.now() * 0,',
      },
    ],
  },
  {
    name: 'a session for a visitor whose token was just replaced',
    invariant: 'D27',
    replacements: [
      {
        file: 'src/manager/request/load.ts',
        text: "return !record && standing.is('open')",
        by: "return !record && (standing.is('open') || standing.is('replaced'))",
      },
    ],
  },
  {
    name: 'a soft rotation that forgets the former token',
    invariant: 'D28',
    replacements: [
      {
        file: 'src/manager/saving/write-once.ts',
        text: "previousVerifierHash: rotation === 'soft' ? base.verifierHash : undefined",
        by: 'previousVerifierHash: rotation && undefined',
      },
    ],
  },
  {
    name: 'a second login that begins with nothing',
    invariant: 'D29',
    replacements: [
      {
        file: 'src/manager/saving/save.ts',
        text: 'state.startAnew(isInherited ? current : undefined)',
        by: 'state.startAnew(isInherited && !isInherited ? current : undefined)',
      },
    ],
  },
  {
    name: 'a repeated login that is refused',
    invariant: 'D29',
    replacements: [
      {
        file: 'src/session/session-state.ts',
        text: "operation?.isLogin && this.standing.is('replaced')",
        by: "!operation && this.standing.is('replaced')",
      },
    ],
  },
  {
    name: 'a rotation on top of another whose answer is on its way',
    invariant: 'D30',
    replacements: [
      {
        file: 'src/manager/saving/replay-until-written.ts',
        text: "rotates !== 'soft' || isLogin",
        by: "rotates !== 'hard' || isLogin",
      },
    ],
  },
  {
    name: 'a token that a sibling replaces after its first save',
    invariant: 'D30',
    replacements: [
      {
        file: 'src/manager/saving/replay-until-written.ts',
        text: 'if (stored === changes.original && !mustRotate) return operations',
        by: 'if (stored === changes.original) return operations',
      },
    ],
  },
  {
    name: 'a login that forgets the limit',
    invariant: 'D31',
    replacements: [
      {
        file: 'src/manager/saving/write-once.ts',
        text: 'const limit = record.owner === undefined ? undefined : access.sessionLimit',
        by: 'const limit = record.owner === undefined ? access.sessionLimit : undefined',
      },
    ],
  },
  {
    name: 'a limit that does not count the new session',
    invariant: 'D31',
    replacements: [
      {
        file: 'src/stores/memory/memory-store.ts',
        text: 'others.length + 1 - limit',
        by: 'others.length - limit',
      },
    ],
  },
]
