import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from '../../src/stores/memory.ts'
import type { SessionStore } from '../../src/store.ts'
import { casesFor, checkPromises, formatReports, storeCases, storePromises } from '../../src/testing/index.ts'

/** The five verbs and nothing else. */
function bareStore(): SessionStore {
  const { create, read, commit, touch, delete: remove } = memoryStore()
  return { create, read, commit, touch, delete: remove }
}

test('every case has a name of its own and stands under one promise', () => {
  assert.equal(new Set(storeCases.map(({ name }) => name)).size, storeCases.length)
  assert.equal(new Set(storePromises.map(({ name }) => name)).size, storePromises.length)
})

test('a store is asked for what it offers only', async () => {
  assert.ok(casesFor(bareStore()).every(({ requires }) => requires === undefined))
  const report = await checkPromises('bare', () => ({ store: bareStore() }))
  assert.ok(report.promises.every(({ outcome }) => outcome !== 'broken'))
  assert.ok(report.promises.some(({ outcome, cases }) => outcome === 'not offered' && cases === 0))
  const count = report.promises.reduce((sum, { cases }) => sum + cases, 0)
  assert.equal(count, casesFor(bareStore()).length)
})

test('with a peer it is asked about several processes', async () => {
  const cases = casesFor(bareStore(), bareStore()).filter(({ requires }) => requires === 'peer')
  assert.ok(cases.length >= 5)
  const shared = bareStore()
  const report = await checkPromises('shared', () => ({ store: shared, peer: shared }))
  assert.deepEqual(
    report.promises.filter(({ outcome }) => outcome === 'broken'),
    [],
  )
  const apart = await checkPromises('apart', () => ({ store: bareStore(), peer: bareStore() }))
  const broken = apart.promises.filter(({ outcome }) => outcome === 'broken')
  assert.deepEqual(
    broken.map(({ name }) => name),
    ['The same among several processes'],
  )
})

test('a report opens a store for each case, and closes those that can be closed, peers too', async () => {
  let open = 0
  const opened = (): SessionStore => {
    open += 1
    const close = (): void => void (open -= 1)
    return { ...bareStore(), close } as SessionStore
  }
  await checkPromises('closable', () => ({ store: opened(), peer: opened() }))
  // The case of `close` closes its store twice itself.
  assert.equal(open, -2)
})

test('a report says what failed and why, in the table and below it', async () => {
  const reports = [
    await checkPromises('good', () => ({ store: bareStore() })),
    await checkPromises('forgetful', () => ({ store: { ...bareStore(), delete: () => false } })),
  ]
  const promise = reports[1]?.promises.find(({ name }) => name.includes('logout is final'))
  assert.equal(promise?.outcome, 'broken')
  assert.ok(promise.failures[0]?.error instanceof Error)
  const lines = formatReports(reports).split('\n')
  assert.match(lines[0] ?? '', /^\| promise +\| good +\| forgetful +\|$/)
  assert.equal(new Set(lines.slice(0, storePromises.length + 2).map(({ length }) => length)).size, 1)
  assert.ok(
    lines.some((line) => /^\| What was deleted stays deleted.* \| yes +\| \*\*no\*\* +\|$/.test(line)),
  )
  assert.ok(lines.some((line) => /^\| Can be closed +\| – +\| – +\|$/.test(line)))
  assert.ok(lines.includes('- forgetful fails: delete is true for a record, false the second time'))
})

test('no reports make no table of stores', () => {
  assert.equal(formatReports([]), '| promise |\n| ------- |')
})
