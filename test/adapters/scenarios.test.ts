import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SessionStoreError } from '../../src/index.ts'
import { scenariosFor } from '../../src/testing.ts'
import { adapters } from '../support/adapters.ts'

for (const [name, adapter] of Object.entries(adapters)) {
  describe(name, () => {
    for (const scenario of scenariosFor(adapter)) test(scenario.name, () => scenario.run(adapter))
  })
}

test('a store error has the status that frameworks answer with', () => {
  assert.equal(new SessionStoreError('read', 'down').status, 503)
})
