import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from '../../src/stores/memory.ts'
import type { BoundedStaleness } from '../../src/contract/capabilities.ts'
import type { SessionStore } from '../../src/contract/store.ts'
import { casesFor, checkPromises, formatReports, storeCases } from '../../src/testing.ts'
import type { PromiseReport } from '../../src/testing.ts'
import { storePromises } from '../../src/testing/store-promises.ts'

/** The five verbs and nothing else. */
function bareStore(): SessionStore {
  const { create, read, commit, touch, delete: remove } = memoryStore()
  return { create, read, commit, touch, delete: remove }
}

test('every case has a unique name and belongs to one promise', () => {
  assert.equal(new Set(storeCases.map(({ name }) => name)).size, storeCases.length)
  assert.equal(new Set(storePromises.map(({ name }) => name)).size, storePromises.length)
})

test('a store is checked only for what it offers', async () => {
  assert.ok(casesFor(bareStore()).every(({ requires = [] }) => requires.length === 0))
  const report = await checkPromises('bare', () => ({ store: bareStore() }))
  assert.ok(report.promises.every(({ outcome }) => outcome !== 'broken'))
  assert.ok(report.promises.some(({ outcome, cases }) => outcome === 'not offered' && cases === 0))
  const count = report.promises.reduce((sum, { cases }) => sum + cases, 0)
  assert.equal(count, casesFor(bareStore()).length)
})

test('with a peer it is checked for several processes', async () => {
  const cases = casesFor(bareStore(), { peer: bareStore() }).filter(({ requires }) =>
    requires?.includes('peer'),
  )
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
    ['All of this holds across processes', 'Reads show at once what another process did'],
  )
})

test('a report opens a store for each case and closes it if it can be closed, including peers', async () => {
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

test('a report shows what failed and why, in the table and below it', async () => {
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
  assert.ok(lines.some((line) => /^\| Deleted sessions stay deleted.* \| yes +\| \*\*no\*\* +\|$/.test(line)))
  assert.ok(lines.some((line) => /^\| Can be closed twice +\| – +\| – +\|$/.test(line)))
  assert.ok(
    lines.includes(
      '- forgetful fails: delete returns true for a record and false the second time (delete answered false, not true)',
    ),
  )
})

test('a report names the limit of a promise that a store says it keeps only so far', async () => {
  const shared = memoryStore()
  const stale = (): SessionStore & BoundedStaleness => ({ ...shared, maxStaleness: 2500 })
  const report = await checkPromises('cached', () => ({ store: stale(), peer: shared }))
  const limited = report.promises.filter(({ limit }) => limit !== undefined)
  assert.deepEqual(
    limited.map(({ name, outcome, limit }) => [name, outcome, limit]),
    [['Reads show at once what another process did', 'kept', 'within 2.5 s']],
  )
  assert.match(formatReports([report]), /^\| Reads show at once .* \| within 2.5 s \|$/m)
  const alone = await checkPromises('cached', () => ({ store: stale() }))
  assert.ok(alone.promises.every(({ limit }) => limit === undefined))
})

test('a report continues when a store cannot be opened or closed', async () => {
  let opened = 0
  const open = (): { store: SessionStore } => {
    opened += 1
    if (opened === 1) throw new Error('no route to host')
    const close = (): void => {
      if (opened === 2) throw new Error('closed twice')
    }
    return { store: { ...bareStore(), close } as SessionStore }
  }
  assert.deepEqual(failuresOf(await checkPromises('flaky', open)), [
    `${storeCases[0]?.name}: no route to host`,
    `${storeCases[1]?.name}: closed twice`,
  ])
  const unable = await checkPromises('unable', () => Promise.reject(new Error('no route to host')))
  assert.equal(failuresOf(unable).length, storeCases.length)
})

test('a case, an opening or a closing that does not settle fails, and the others still run', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const never = (): Promise<never> => {
    queueMicrotask(() => context.mock.timers.tick(10_000))
    return new Promise(() => {})
  }
  let opened = 0
  const open = (): Promise<{ store: SessionStore }> => {
    opened += 1
    if (opened === 1) return never()
    const store = bareStore()
    if (opened === 2) return Promise.resolve({ store: { ...store, read: never } })
    return Promise.resolve({ store: { ...store, ...(opened === 3 && { close: never }) } })
  }
  const names = storeCases.map(({ name }) => name)
  assert.deepEqual(failuresOf(await checkPromises('slow', open)), [
    `${names[0]}: opening the store for '${names[0]}' did not end within 10000 ms`,
    `${names[1]}: the case '${names[1]}' did not end within 10000 ms`,
    `${names[2]}: closing the store after '${names[2]}' did not end within 10000 ms`,
  ])
})

test('the time limit of a case is an option', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const read = (): Promise<never> => {
    queueMicrotask(() => context.mock.timers.tick(50))
    return new Promise(() => {})
  }
  const open = (): { store: SessionStore } => ({ store: { ...bareStore(), read } })
  const [failure] = failuresOf(await checkPromises('slow', open, { timeout: '50ms' }))
  assert.match(failure ?? '', /did not end within 50 ms$/)
  await assert.rejects(
    checkPromises('slow', open, { timeout: '2h' }),
    /checkPromises\.timeout: received '2h'/,
  )
})

function failuresOf({ promises }: PromiseReport): string[] {
  return promises.flatMap(({ failures }) =>
    failures.map(({ name, error }) => `${name}: ${(error as Error).message}`),
  )
}

test('no reports give a table without stores', () => {
  assert.equal(formatReports([]), '| promise |\n| ------- |')
})
