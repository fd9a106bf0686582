import type { RecordPage } from '../../src/contract/capabilities.ts'
import { testFaults } from './store-faults.ts'

testFaults({
  'that reports evictions by key': [
    (good) => {
      const keys = new Map<string, string>()
      return {
        create(record, now) {
          keys.set(record.handle, record.key)
          return good.create(record, now)
        },
        onEviction: (listener) => good.onEviction((handle) => listener(keys.get(handle) ?? handle)),
      }
    },
    [
      'each eviction is reported once, by handle',
      'a session in use is not evicted',
      'a removed eviction listener is not called again',
      'a throwing eviction listener affects neither the verb nor other listeners',
    ],
  ],
  'that calls only the last eviction listener': [
    (good) => {
      let last: ((handle: string) => void) | undefined
      good.onEviction((handle) => last?.(handle))
      return {
        onEviction(listener) {
          last = listener
          return () => (last = undefined)
        },
      }
    },
    ['a throwing eviction listener affects neither the verb nor other listeners'],
  ],
  'that calls eviction listeners until one throws': [
    (good) => {
      const listeners = new Set<(handle: string) => void>()
      const evicted: string[] = []
      good.onEviction((handle) => void evicted.push(handle))
      return {
        create(record, now) {
          const isNew = good.create(record, now)
          for (const handle of evicted.splice(0)) for (const listener of listeners) listener(handle)
          return isNew
        },
        onEviction(listener) {
          listeners.add(listener)
          return () => void listeners.delete(listener)
        },
      }
    },
    ['a throwing eviction listener affects neither the verb nor other listeners'],
  ],
  'that keeps calling a removed eviction listener': [
    (good) => ({
      onEviction(listener) {
        good.onEviction(listener)
        return () => {}
      },
    }),
    ['a removed eviction listener is not called again'],
  ],
  'that does not count a read as use': [
    (good) => ({
      read: (key, now) =>
        (good.enumerate(undefined, 1000, now) as RecordPage).records.find((record) => record.key === key),
    }),
    ['a session in use is not evicted'],
  ],
})
