import { test } from 'node:test'
import assert from 'node:assert/strict'
import type { EndedSessions, ListedRecord } from '../../src/contract/capabilities.ts'
import { joinLimits, splitLimits } from '../../src/contract/limited-writes.ts'
import type { LimitedWrites } from '../../src/contract/limited-writes.ts'
import { hasExpired } from '../../src/contract/record.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { MemoryStore } from '../../src/stores/memory.ts'
import type { SessionRecord, SessionStore } from '../../src/contract/store.ts'
import { checkPromises } from '../../src/testing.ts'
import type { FailedCase } from '../../src/testing.ts'

/** The methods in which a broken store differs from the correct one behind it. */
export type Fault = (good: SplitStore) => Partial<SplitStore>

/** A store whose verbs with a limit are methods of their own, so that a fault can be in one and not in the other. */
export type SplitStore = MemoryStore & LimitedWrites

/** Faults by name, each with exactly the cases that must fail. */
export type Faults = Readonly<Record<string, readonly [Fault, readonly string[]]>>

/** The cases failed by a store that uses an instant other than the one it is given. */
export const casesOfWrongClock: readonly string[] = [
  'a record expires at the very millisecond of idleExpiresAt',
  'a record expires at the very millisecond of endsAt, even if idleExpiresAt is later',
  'read uses the instant it is given, not the clock of the store',
  'create over an expired record returns false and revives nothing',
  'commit on a record past its idleExpiresAt returns false and revives nothing',
  'commit on a record past its endsAt returns false, even if the change would extend it',
  'touch on a record past its idleExpiresAt returns false and revives nothing',
  'touch on a record past its endsAt returns false and revives nothing',
  'delete removes an expired record for good',
  'touch keeps the session alive past its former idleExpiresAt',
  'touch never moves idleExpiresAt past endsAt',
  'commit caps idleExpiresAt at endsAt',
]

/** An instant at which no record has expired. */
export const dawn = 0

export function testFaults(faults: Faults): void {
  for (const [name, [spoil, expected]] of Object.entries(faults)) {
    test(`a store ${name} fails by name`, async () => {
      assert.deepEqual(await failedBy(spoil), expected)
    })
  }
}

/** The store with the fault, its verbs as the contract has them. */
function spoilStore(good: MemoryStore, spoil: Fault): SessionStore {
  const split: SplitStore = Object.assign({ ...good }, splitLimits(good))
  return joinLimits({ ...split, ...spoil(split) })
}

export async function failedBy(spoil: Fault): Promise<string[]> {
  return (await failuresOf(spoil)).map(({ name }) => name)
}

export async function failuresOf(spoil: Fault): Promise<FailedCase[]> {
  const report = await checkPromises('broken', () => {
    const good = memoryStore({ maxSessions: 200 })
    return { store: spoilStore(good, spoil) }
  })
  return report.promises.flatMap(({ failures }) => failures)
}

/** The same for two processes, each with the fault, over the same records. */
export function testProcessFaults(faults: Faults): void {
  for (const [name, [spoil, expected]] of Object.entries(faults)) {
    test(`a store ${name} fails by name, across processes`, async () => {
      assert.deepEqual(await failedAmongProcesses(spoil), expected)
    })
  }
}

export async function failedAmongProcesses(spoil: Fault): Promise<string[]> {
  const report = await checkPromises('broken', () => {
    const good = memoryStore({ maxSessions: 200 })
    const open = (): SessionStore => spoilStore(good, spoil)
    return { store: open(), peer: open() }
  })
  return report.promises.flatMap(({ failures }) => failures.map(({ name }) => name))
}

/** Stores a record, overwriting any other. */
export function overwrite(good: SplitStore, record: SessionRecord): void {
  void good.delete(record.key)
  void good.create(record, dawn)
}

/** The record as it is stored, expired or not. */
export function look(good: SplitStore, key: string): SessionRecord | undefined {
  return good.read(key, dawn) as SessionRecord | undefined
}

/** Every record of an owner, including expired ones. */
export function listAll(good: SplitStore, owner: string): readonly ListedRecord[] {
  return good.listByUser(owner, { limit: 10_000 }, dawn) as readonly ListedRecord[]
}

/** What a step of `deleteByUser` answers that has ended these: the handles of the live ones. */
export function ended(records: readonly ListedRecord[], now: number): EndedSessions {
  return { handles: records.filter((record) => !hasExpired(record, now)).map(({ handle }) => handle) }
}
