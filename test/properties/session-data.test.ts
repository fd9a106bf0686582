import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { setUp } from '../core/harness.ts'
import type { LooseSession, Visit } from '../core/harness.ts'
import { watchPrototypes } from '../support/watch-prototypes.ts'
import { carriedValue } from './carried-values.ts'

after(watchPrototypes())

/** What a session should hold. */
interface Model {
  readonly values: Map<string, unknown>
  readonly messages: Map<string, string[]>
}

/** One call on a session, and the same on the model. */
type Call = { readonly call: string; readonly name: string; readonly value: unknown }

const calls = [
  'set',
  'get',
  'has',
  'update',
  'edit',
  'delete',
  'take',
  'consume',
  'clear',
  'keys',
  'flash',
  'takeFlash',
  'save',
  'transaction',
  'regenerateId',
  'login',
  'commit',
  'fail',
  'elsewhere',
] as const
const names = ['a', 'b', '0', '10', 'constructor ', 'toString', 'then', '🎟️']

const call: fc.Arbitrary<Call> = fc.record({
  call: fc.constantFrom(...calls, 'set', 'set', 'update', 'commit'),
  name: fc.constantFrom(...names),
  value: carriedValue,
})

function copy({ values, messages }: Model): Model {
  return {
    values: new Map(values),
    messages: new Map([...messages].map(([kind, texts]) => [kind, [...texts]])),
  }
}

/** Runs a call on both, compares what it answers, and tells whether all is saved now. */
async function run(session: LooseSession, model: Model, { call, name, value }: Call): Promise<boolean> {
  const { values, messages } = model
  // Kept: what is given to update and transaction may run once more.
  const held = values.get(name)
  switch (call) {
    case 'set':
      session.set(name, value)
      values.set(name, value)
      break
    case 'get':
      assert.deepStrictEqual(session.get(name), held)
      break
    case 'has':
      assert.equal(session.has(name), values.has(name))
      break
    case 'update':
      session.update(name, (former) => (assert.deepStrictEqual(former, held), [former, value]))
      values.set(name, [held, value])
      break
    case 'edit':
      session.update(name, (former) => void (Array.isArray(former) && former.push(value)))
      if (Array.isArray(held)) values.set(name, [...(held as unknown[]), value])
      break
    case 'delete':
      session.delete(name)
      values.delete(name)
      break
    case 'take':
      assert.deepStrictEqual(session.take(name), held)
      values.delete(name)
      break
    case 'consume':
      assert.deepStrictEqual(await session.consume(name), held)
      values.delete(name)
      return true
    case 'clear':
      session.clear()
      values.clear()
      messages.clear()
      break
    case 'keys':
      assert.deepEqual(session.keys().toSorted(), [...values.keys()].toSorted())
      break
    case 'flash':
      session.flash(name, name)
      messages.set(name, [...(messages.get(name) ?? []), name])
      break
    case 'takeFlash':
      assert.deepEqual(session.takeFlash(name), messages.get(name) ?? [])
      messages.delete(name)
      break
    case 'transaction':
      await session.transaction((data) => {
        assert.deepStrictEqual(data.get(name), held)
        data.set(name, value)
      })
      values.set(name, value)
      return true
    case 'save':
      await session.save()
      return true
    case 'regenerateId':
      session.regenerateId()
      break
    case 'login':
      session.login('anna')
      break
  }
  return false
}

function demandEqual(session: LooseSession, { values, messages }: Model): void {
  assert.deepStrictEqual(new Map(session.entries()), values)
  for (const name of names) assert.deepEqual(session.takeFlash(name), messages.get(name) ?? [])
}

describe('a session', () => {
  test('a session holds after any calls, in any requests, what a Map would hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (sequence) => {
        const { browser, elsewhere } = setUp({ maxSize: 10_000_000 })
        let [model, saved]: Model[] = [
          { values: new Map(), messages: new Map() },
          { values: new Map(), messages: new Map() },
        ]
        assert.ok(model && saved)
        let visit: Visit = await browser.open()
        for (const each of sequence) {
          if (each.call === 'commit' || each.call === 'elsewhere') {
            await visit.conclude()
            saved = copy(model)
          } else if (each.call === 'fail') {
            await visit.conclude({ status: 500 })
            model = copy(saved)
          } else {
            if (await run(visit.session, model, each)) saved = copy(model)
            continue
          }
          if (each.call === 'elsewhere') demandEqual((await elsewhere().open()).session, model)
          visit = await browser.open()
        }
        await visit.conclude()
        demandEqual((await elsewhere().open()).session, model)
      }),
      { numRuns: 300 },
    )
  })
})
