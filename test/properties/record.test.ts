import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { SessionDecodeError, SessionError } from '../../src/contract/errors.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { basicStore } from '../../src/stores/basic.ts'
import { createTestClock, rowOf, setUp as setUpSlowly, settle } from '../core/harness.ts'
import type { Browser, LooseSession } from '../core/harness.ts'
import { watchPrototypes } from '../support/watch-prototypes.ts'

after(watchPrototypes())

type Row = Record<keyof SessionRecord, unknown>

/** Whatever JSON can say, and what it says about prototypes. */
const json = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1e300,
    8.64e15,
    '',
    [],
    {},
    JSON.parse('{"__proto__":{"isAdmin":true}}'),
    { valueOf: 1, toString: 1 },
    { length: 64 },
    { toJSON: 1 },
  ),
)
const names: (keyof SessionRecord)[] = [
  'key',
  'verifierHash',
  'previousVerifierHash',
  'graceUntil',
  'handle',
  'format',
  'version',
  'commitIds',
  'data',
  'createdAt',
  'authenticatedAt',
  'rotatedAt',
  'lastSeenAt',
  'idleTimeout',
  'lifetimes',
  'idleExpiresAt',
  'endsAt',
  'userId',
  'owner',
  'details',
]

/** Text that is nearly the JSON of a session's values. */
const data = fc.oneof(
  fc.json(),
  json.map((value) => JSON.stringify({ a: value, b: 1 })),
  json.map((value) => JSON.stringify({ a: { '~': value } })),
  json.map((value) => JSON.stringify({ '~flash': value, a: 1 })),
  json.map((value) => JSON.stringify({ '~flash': { info: value } })),
  fc
    .array(
      fc.oneof(
        json,
        fc.tuple(
          fc.constantFrom(
            'Date',
            'Map',
            'Set',
            'RegExp',
            'Object',
            'null',
            'BigInt',
            'URL',
            'Uint8Array',
            'ArrayBuffer',
            'View',
            'Nope',
          ),
          json,
          json,
        ),
      ),
      { maxLength: 4 },
    )
    .map((value) => JSON.stringify({ a: { '~': value } })),
  fc.constantFrom(
    '{"a":{"__proto__":1}}',
    '{"__proto__":1}',
    '{"constructor":1,"a":1}',
    '{"":1}',
    '[]',
    'null',
    '',
  ),
)

/** What a hostile store does to a good row: it changes some properties, or hands out something else. */
type Damage = { readonly merged: object } | { readonly instead: unknown }

const damage: fc.Arbitrary<Damage> = fc.oneof(
  data.map((text) => ({ merged: { data: text } })),
  fc.dictionary(fc.constantFrom(...names), json, { maxKeys: 3 }).map((merged) => ({ merged })),
  fc.constantFrom(...names).map((name) => ({ merged: { [name]: undefined } })),
  json.map((instead) => ({ instead })),
)

function apply(change: Damage, row: SessionRecord): SessionRecord {
  return ('merged' in change ? { ...row, ...change.merged } : change.instead) as SessionRecord
}

/** Every use of a session that a handler can make. Only errors of ours may come of it. */
const uses: ((session: LooseSession) => unknown)[] = [
  (session) => session.get('a'),
  (session) => session.entries(),
  (session) => session.takeFlash('info'),
  (session) => session.flash('info', 'x'),
  (session) => session.update('a', (value) => value),
  (session) => session.take('b'),
  (session) => session.set('c', 1),
  (session) => [session.userId, session.handle, session.isNew, session.id],
  (session) => session.createdAt.toISOString() + session.expiresAt.toISOString(),
  (session) => [String(session), JSON.stringify(session)],
  (session) => session.clear(),
  (session) => session.login('bert'),
]

/** Keeps nobody waiting who pauses between two attempts, and lets nothing else happen. */
function schedule(delay: number, task: () => void): () => void {
  if (delay < 100) setImmediate(task)
  return () => {}
}

function setUp(options: Parameters<typeof setUpSlowly>[0] = {}) {
  const clock = createTestClock()
  const patient = { ...clock, schedule, scheduleIdly: schedule }
  return { ...setUpSlowly({ clock: patient, ...options }), clock }
}

function demandOurs(error: unknown): void {
  // A TypeError of ours says where in the value it lies; one of the engine's does not.
  assert.ok(error instanceof SessionError, error instanceof Error ? error.stack : String(error))
}

async function use(browser: Browser): Promise<void> {
  const visit = await browser.open()
  for (const each of uses) {
    try {
      each(visit.session)
    } catch (error) {
      demandOurs(error)
    }
  }
  await visit.conclude().catch(demandOurs)
  const last = await browser.open()
  try {
    last.session.logout()
  } catch (error) {
    demandOurs(error)
  }
  await last.conclude().catch(demandOurs)
}

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

describe('a record that a store hands out', () => {
  for (const onUnreadable of ['error', 'discard'] as const) {
    test(`a record that a store hands out is read, or refused with an error of ours, whatever JSON it is, under '${onUnreadable}'`, async () => {
      const demandUnchanged = watchPrototypes()
      await fc.assert(
        fc.asyncProperty(damage, fc.boolean(), async (change, isLate) => {
          const { browser, store, clock } = setUp({ onUnreadable })
          await browser.visit(
            (session) => (session.set('a', { x: 1 }), session.set('b', [1]), session.login('anna')),
          )
          const answer = apply(change, rowOf(store.rows, clock))
          store.read = () => (isLate ? Promise.resolve(answer) : answer)
          await use(browser)
        }),
        { numRuns: 500 },
      )
      await settle()
      assert.deepEqual(unhandled, [])
      demandUnchanged()
    })
  }

  test('a record that a store hands out is not built upon when it was damaged between the read and the save', async () => {
    await fc.assert(
      fc.asyncProperty(damage, async (change) => {
        const { browser, store, clock } = setUp()
        await browser.visit((session) => session.set('a', { x: 1 }))
        const visit = await browser.open()
        visit.session.update('a', (value) => value)
        visit.session.flash('info', 'x')
        visit.session.set('b', 1)
        const answer = apply(change, rowOf(store.rows, clock))
        store.read = () => Promise.resolve(answer)
        const { commit } = store
        store.commit = () => {
          store.commit = commit
          return false
        }
        await visit.conclude().catch(demandOurs)
      }),
      { numRuns: 500 },
    )
  })

  test('a record that a store hands out is a record of format 2 as basicStore reads it, or refused, whatever text was saved', async () => {
    const now = Date.now()
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          damage,
          fc.string().map((instead) => ({ instead })),
        ),
        fc.boolean(),
        async (change, isText) => {
          const { browser, store: origin, clock } = setUp()
          await browser.visit((session) => session.login('anna'))
          const row = rowOf(origin.rows, clock)
          const value: unknown = apply(change, row)
          const text = isText && typeof value === 'string' ? value : JSON.stringify(value)
          const store = basicStore({ get: () => text, save: () => {}, delete: () => {} })
          try {
            const record = (await store.read(row.key, now)) as Row | undefined
            if (record) assert.deepEqual({ ...record }, JSON.parse(text))
          } catch (error) {
            assert.ok(error instanceof SessionDecodeError, String(error))
          }
        },
      ),
    )
  })
})
