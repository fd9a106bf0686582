import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchPrototypes } from './watch-prototypes.ts'

test('a prototype that gets, loses or changes a property is noticed', () => {
  const demandUnchanged = watchPrototypes()
  demandUnchanged()
  const spoilings: readonly [object, PropertyKey, PropertyDescriptor][] = [
    [Object.prototype, 'polluted', { value: 1, configurable: true }],
    [Array.prototype, 'at', { value: () => 1, configurable: true, writable: true }],
    [Map.prototype, 'size', { get: () => 1, configurable: true }],
    [Date.prototype, 'getTime', { enumerable: true }],
  ]
  for (const [prototype, key, spoiled] of spoilings) {
    const descriptor = Reflect.getOwnPropertyDescriptor(prototype, key)
    Object.defineProperty(prototype, key, spoiled)
    try {
      assert.throws(demandUnchanged, /a prototype was changed/)
    } finally {
      if (descriptor) Object.defineProperty(prototype, key, descriptor)
      else Reflect.deleteProperty(prototype, key)
    }
  }
  demandUnchanged()
})
