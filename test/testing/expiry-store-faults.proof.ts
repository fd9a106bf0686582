import type { RecordPage } from '../../src/contract/capabilities.ts'
import { hasExpired } from '../../src/contract/record.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { look, testFaults } from './store-faults.ts'
import type { Fault } from './store-faults.ts'

/** A database that deletes rows a minute after the end that it was last given. */
const forgetting =
  (renewedBy: 'commit' | 'touch'): Fault =>
  (good) => {
    const forgotten = new Map<string, number>()
    const renew = (key: string): void => {
      const { idleExpiresAt, endsAt } = look(good, key) as SessionRecord
      forgotten.set(key, Math.min(idleExpiresAt, endsAt) + 60_000)
    }
    const isForgotten = (key: string, now: number): boolean => now >= (forgotten.get(key) ?? Infinity)
    return {
      create(record, now) {
        const isNew = good.create(record, now) as boolean
        if (isNew) renew(record.key)
        return isNew
      },
      read: (key, now) => (isForgotten(key, now) ? undefined : good.read(key, now)),
      [renewedBy](key: string, ...rest: [never, never, never]) {
        const isDone = good[renewedBy](key, ...rest)
        if (isDone) renew(key)
        return isDone
      },
    }
  }

testFaults({
  'whose touches do not extend the database TTL': [
    forgetting('commit'),
    ['touch keeps the session alive past its former idleExpiresAt'],
  ],
  'whose commits do not extend the database TTL': [
    forgetting('touch'),
    ['commit can move endsAt later, as a login does'],
  ],
  'that does not store what has expired by its own clock': [
    (good) => ({ create: (record, now) => record.idleExpiresAt <= Date.now() || good.create(record, now) }),
    [
      'delete with an owner removes an expired record and answers false for an absent one',
      'read uses the instant it is given, not the clock of the store',
      'delete removes an expired record for good',
    ],
  ],
  'whose delete skips what has expired by its own clock': [
    (good) => ({
      delete(key, owner) {
        const record = look(good, key)
        return record && hasExpired(record, Date.now()) ? true : good.delete(key, owner)
      },
    }),
    [
      'delete with an owner removes an expired record and answers false for an absent one',
      'delete removes an expired record for good',
    ],
  ],
  'whose sweep returns undefined at its end': [
    (good) => ({ sweep: (before, limit) => (good.sweep(before, limit) || undefined) as boolean }),
    [
      'sweep removes records that expired at or before the given instant, and no others',
      'sweep removes at most its limit in one step, and every expired record in the end',
      'sweep removes what has expired since the previous sweep',
      'sweep ends even while records are used, created and deleted between its steps',
      'sweep spares a record that a touch or commit extends meanwhile',
      'sweep removes expired records from the user index too',
    ],
  ],
  'whose enumeration ends at a page that is not full': [
    (good) => ({
      enumerate(cursor, limit, now) {
        const page = good.enumerate(cursor, limit, now) as RecordPage
        return page.records.length < limit ? { records: page.records } : page
      },
    }),
    ['enumerate returns every live record, page by page, as read does'],
  ],
})
