// Records that were read a moment ago. A record must leave when it is outdated, and above all must not
// come back: a read that was under way when its record was dropped may still bring the old one.

import { findMalformedProperty, hasExpired, recordFormat, sealRecord } from '../../contract/record.ts'
import type { SessionRecord } from '../../contract/store.ts'
import type { CacheSettings } from './cached-options.ts'

interface Entry {
  readonly record: SessionRecord
  /** When the read began that returned it, as in `#passed`: the record may have been outdated from then on. */
  readonly readAt: number
}

/** A read of the store that has not been answered yet. Nobody waits for one that is outdated. */
export interface PendingRead {
  readonly key: string
  readonly readAt: number
  /** The record was dropped since, or a later read has already been answered. */
  isOutdated: boolean
}

/** A bounded map from keys to records, each for a limited time. */
export class RecordCache {
  readonly #settings: CacheSettings
  /** The least recently used first: a Map keeps the order of insertion. */
  readonly #entries = new Map<string, Entry>()
  /** The keys of the entries, by what else their records are found by. */
  readonly #keysOf = new Map<string, Set<string>>()
  /** The unanswered reads that may still be kept, in the order in which they began. */
  readonly #reads = new Set<PendingRead>()
  /** The same for each key. */
  readonly #readsOf = new Map<string, Set<PendingRead>>()
  /** The instant of the last call, in milliseconds since 1970. */
  #lastCall = 0
  /** The milliseconds that have passed between the calls. It never decreases, though a clock may be set back. */
  #passed = 0

  constructor(settings: CacheSettings) {
    this.#settings = settings
  }

  /** How many records it holds. */
  get size(): number {
    return this.#entries.size
  }

  /** How many reads have not been answered yet and may still be kept. */
  get pendingReads(): number {
    return this.#reads.size
  }

  /**
   * The record of a key, if it was read recently enough. One that has expired since may have been extended
   * by another process, so it counts as absent.
   */
  find(key: string, now: number): SessionRecord | undefined {
    const present = this.#follow(now)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (present - entry.readAt >= this.#settings.ttl || hasExpired(entry.record, now)) {
      this.#remove(key)
      return undefined
    }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.record
  }

  /** Announces a read of the store, so that what it returns is not kept if it is outdated by then. */
  beginRead(key: string, now: number): PendingRead {
    const readAt = this.#follow(now)
    this.#giveUpOldReads(readAt)
    const read: PendingRead = { key, readAt, isOutdated: false }
    this.#reads.add(read)
    const others = this.#readsOf.get(key)
    if (others) others.add(read)
    else this.#readsOf.set(key, new Set([read]))
    return read
  }

  /** Keeps what a read has returned, unless it is outdated by now. `undefined` when there is no record. */
  endRead(read: PendingRead, record: SessionRecord | undefined): void {
    if (read.isOutdated) return
    this.#remove(read.key)
    for (const earlier of this.#readsOf.get(read.key) ?? []) {
      if (earlier === read) break
      this.#giveUp(earlier)
    }
    if (record && isWhole(record)) this.#insert(read, sealRecord(record))
    this.abandonRead(read)
  }

  /** Ends a read that failed. It tells nothing about the record. */
  abandonRead(read: PendingRead): void {
    this.#reads.delete(read)
    const reads = this.#readsOf.get(read.key)
    reads?.delete(read)
    if (reads?.size === 0) this.#readsOf.delete(read.key)
  }

  /** Forgets a record, and what any read under way returns for it. */
  drop(key: string): void {
    this.#remove(key)
    for (const read of this.#readsOf.get(key) ?? []) this.#giveUp(read)
  }

  /**
   * Forgets the records that belong to an owner or have one of these handles, and what any read under way
   * returns, since whose that will be cannot be told.
   */
  dropSessions(owner: string | undefined, handles: readonly string[]): void {
    const keys = [owner ?? '', ...handles].flatMap((name) => [...(this.#keysOf.get(name) ?? [])])
    for (const key of keys) this.#remove(key)
    for (const read of this.#reads) this.#giveUp(read)
  }

  /** Forgets all records, and what any read under way returns. */
  clear(): void {
    this.#entries.clear()
    this.#keysOf.clear()
    for (const read of this.#reads) this.#giveUp(read)
  }

  /** The present, for ages. Without it, a clock that was set back would let records live on until it catches up. */
  #follow(now: number): number {
    this.#passed += Math.max(now - this.#lastCall, 0)
    this.#lastCall = now
    return this.#passed
  }

  /** A store may never answer. What has taken as long as `ttl` would not be shown, so it is not waited for. */
  #giveUpOldReads(present: number): void {
    for (const read of this.#reads) {
      if (present - read.readAt < this.#settings.ttl) return
      this.#giveUp(read)
    }
  }

  #giveUp(read: PendingRead): void {
    read.isOutdated = true
    this.abandonRead(read)
  }

  #insert({ key, readAt }: PendingRead, record: SessionRecord): void {
    this.#entries.set(key, { record, readAt })
    for (const name of namesOf(record)) {
      const keys = this.#keysOf.get(name)
      if (keys) keys.add(key)
      else this.#keysOf.set(name, new Set([key]))
    }
    if (this.#entries.size <= this.#settings.maxEntries) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#remove(oldest)
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    for (const name of namesOf(entry.record)) {
      const keys = this.#keysOf.get(name)
      if (keys?.delete(key) && keys.size === 0) this.#keysOf.delete(name)
    }
  }
}

/** What else a record is found by: its handle and its owner, which cannot be equal, being of two lengths. */
function namesOf(record: SessionRecord): readonly string[] {
  return Object.hasOwn(record, 'owner') && record.owner !== undefined
    ? [record.handle, record.owner]
    : [record.handle]
}

/** Whether a copy loses nothing: a damaged record, or one of a later format, is always read from the store. */
function isWhole(record: SessionRecord): boolean {
  return record.format === recordFormat && findMalformedProperty(record) === undefined
}
