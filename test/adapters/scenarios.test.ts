import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { adapters as adapterEntries } from '../../scripts/entries.ts'
import { SessionStoreError } from '../../src/index.ts'
import { scenariosFor } from '../../src/testing.ts'
import { adapters } from '../support/adapters.ts'

for (const [name, adapter] of Object.entries(adapters)) {
  describe(name, () => {
    for (const scenario of scenariosFor(adapter)) test(scenario.name, () => scenario.run(adapter))
  })
}

test('every adapter of the package runs the scenarios', () => {
  const support = readFileSync(new URL('../support/adapters.ts', import.meta.url), 'utf8')
  for (const name of adapterEntries)
    assert.ok(support.includes(`/src/${name}.ts'`), `test/support/adapters.ts starts no server with ${name}`)
})

test('a store error has the status that frameworks answer with', () => {
  assert.equal(new SessionStoreError('read', 'down').status, 503)
})
