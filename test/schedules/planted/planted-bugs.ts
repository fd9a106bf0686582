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
        file: 'src/record.ts',
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
        file: 'src/manager/saving/commit-record.ts',
        text: 'return !isOpen ||',
        by: 'return',
      },
    ],
  },
  {
    name: 'no commit ids',
    invariant: 'D16',
    replacements: [
      {
        file: 'src/manager/saving/send-commit.ts',
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
        file: 'src/manager/session-headers.ts',
        text: 'const mustClear = generation > 0 && exchange.hasCookie && !exchange.hasOutdatedToken',
        by: 'const mustClear = !record && exchange.hasCookie',
      },
    ],
  },
  {
    name: 'a save that is not awaited before the head',
    invariant: 'D1',
    replacements: [
      {
        file: 'src/manager/committer.ts',
        text: 'return this.#saver.saveBeforeHead(state).then(() => this.#decideHead(state, response, isFailing))',
        by: 'void this.#saver.saveBeforeHead(state).catch(() => {})',
      },
    ],
  },
  {
    name: 'a replay that forgets the operations',
    invariant: 'D1',
    replacements: [
      {
        file: 'src/manager/saving/commit-record.ts',
        text: 'state.journal.replay(save.operations, base)',
        by: 'state.journal.replay([], base)',
      },
    ],
  },
  {
    name: 'changes that every conflict drops',
    invariant: 'D1',
    replacements: [
      {
        file: 'src/manager/saving/commit-record.ts',
        text: 'if (isReplaced(save, original, base))',
        by: 'if (base !== original)',
      },
    ],
  },
  {
    name: 'a session that is created again when it is gone',
    invariant: 'D2',
    replacements: [
      {
        file: 'src/manager/saving/commit-record.ts',
        text: "if (!current) return { lost: 'gone' }",
        by: 'if (!current) await settings.store.create((current = base), settings.clock.now())',
      },
    ],
  },
  {
    name: 'a logout that misses a save in progress',
    invariant: 'D2',
    replacements: [
      {
        file: 'src/manager/saving/conclude-save.ts',
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
        text: 'planRemoval({ key, handle }: RemovableRecord): void {',
        by: 'planRemoval({ key, handle, verifierHash }): void {',
      },
      {
        file: 'src/session/session-state.ts',
        text: 'each.key !== key), { key, handle }]',
        by: 'each.key !== key), { key, handle, verifierHash }]',
      },
      {
        file: 'src/manager/saving/run-save.ts',
        text: 'for (const { key, handle } of state.removals) {',
        by: `for (const { key, handle, verifierHash } of state.removals) {
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
        file: 'src/manager/saving/run-save.ts',
        text: '  state.exchange.mustSendToken = false\n  if (login === -1',
        by: '  state.exchange.mustSendToken = operations.some((operation) => operation.rotates)\n  if (login === -1',
      },
    ],
  },
  {
    name: 'an old token that still opens the session',
    invariant: 'D5',
    replacements: [
      {
        file: 'src/manager/load.ts',
        text: 'isSameHash(presented.verifierHash, verifierHash) ||',
        by: "presented.verifierHash !== '' ||",
      },
    ],
  },
  {
    name: 'a rotation in two steps',
    invariant: 'D6',
    replacements: [
      {
        file: 'src/manager/saving/send-commit.ts',
        text: "const answer = await access.write('commit', () => store.commit(base.key, expected, change, clock.now()))",
        by: `const send = async () => {
          if (change.verifierHash === base.verifierHash)
            return access.write('commit', () => store.commit(base.key, expected, change, clock.now()))
          const first = { ...change, verifierHash: base.verifierHash, commitIds: ['first', ...base.commitIds] }
          const isDone = await access.write('commit', () => store.commit(base.key, expected, first, clock.now()))
          if (isDone !== true) return isDone
          const then = { version: first.version, commitId: 'first' }
          const second = { ...change, version: first.version + 1 }
          return access.write('commit', () => store.commit(base.key, then, second, clock.now()))
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
        file: 'src/manager/load.ts',
        text: '(record) => checkRecord(settings, state, presented, record, now)',
        by: '(record) => checkRecord(settings, state, presented, record ? (known.set(record.key, record), record) : known.get(presented.hashes.key), now)',
      },
      {
        file: 'src/manager/load.ts',
        text: 'const answerTime = 60_000\n',
        by: 'const answerTime = 60_000\nconst known = new Map<string, SessionRecord>()\n',
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
        file: 'src/manager/load.ts',
        text: "  state.failure = error as SessionError\n  settings.emit({ type: 'failed', during: 'load', error: state.failure })",
        by: '  void error',
      },
    ],
  },
  {
    name: 'a retry with a new commit id',
    invariant: 'D16',
    replacements: [
      {
        file: 'src/manager/saving/send-commit.ts',
        text: 'if (answer === false || !current) return { isApplied: false, current }',
        by: 'if (current || !current) return { isApplied: false, current }',
      },
      {
        file: 'src/manager/saving/send-commit.ts',
        text: 'if (current?.commitIds.includes(commitId)) return { isApplied: true, current }',
        by: 'void commitId',
      },
    ],
  },
  {
    name: 'a queue that a failed save blocks forever',
    invariant: 'D18',
    replacements: [
      {
        file: 'src/key-queue.ts',
        text: 'turn.then(leave, leave)',
        by: 'turn.then(leave, () => {})',
      },
    ],
  },
  {
    name: 'a later format that is accepted',
    invariant: 'D20',
    replacements: [
      {
        file: 'src/manager/find-damage.ts',
        text: 'record.format !== 1',
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
        text: 'if (last !== undefined && now - last < this.#settings.lifetimes.touchEvery) return',
        by: 'void last',
      },
    ],
  },
  {
    name: 'a touch that goes backward',
    invariant: 'D24',
    replacements: [
      {
        file: 'src/record.ts',
        text: 'lastSeenAt: Math.max(record.lastSeenAt, lastSeenAt),',
        by: 'lastSeenAt,',
      },
    ],
  },
]
