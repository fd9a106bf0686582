import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import { createSessionManager } from '../../src/manager/create-session-manager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser, createTestClock, setUp } from '../core/harness.ts'
import type { Loose, LooseSession } from '../core/harness.ts'

/** A forged line of the log, in the colour of danger, and much more. */
const evil = `cart\n{"level":30,"msg":"root signed in"}\u001b[31m\u2028\u202e${'x'.repeat(150)}`
const escaped = /cart\\n\{"level/
const acted = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|x{41}/u

/** An object that calls its class by such a name. */
class Strange {
  readonly value = 1
}
Object.defineProperty(Strange, 'name', { value: evil })

const attempts: Readonly<Record<string, (session: LooseSession) => unknown>> = {
  'a value that is too large': (session) => session.set(evil, 'y'.repeat(500)),
  'a value that cannot be stored': (session) => session.set(evil, () => {}),
  'a value whose getter throws': (session) =>
    session.set(evil, {
      get a(): never {
        throw new Error('no')
      },
    }),
  'a property that cannot be stored': (session) => session.set('a', { [evil]: { [evil]: () => {} } }),
  'an instance of a class': (session) => session.set('a', new Strange()),
  'an update that is asynchronous': (session) => session.update(evil, async () => 1),
  'an update to what cannot be stored': (session) => session.update(evil, () => Symbol('no')),
  'a name that is reserved': (session) => session.set(`~${evil}`, 1),
  'an option of a login': (session) => session.login('anna', { [evil]: 1 }),
}

const options: Readonly<Record<string, () => unknown>> = {
  'an option': () => createSessionManager({ [evil]: 1 }),
  'an option of the cookie': () => createSessionManager({ cookie: { [evil]: 1 } }),
  'the value of an option': () => createSessionManager({ maxAge: evil as '1s' }),
  'the name of the cookie': () => createSessionManager({ cookie: { name: evil } }),
  'an option of a store': () => memoryStore({ [evil]: 1 }),
}

function messageOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return (error as Error).message
  }
  return assert.fail('nothing was thrown')
}

describe('a name with control characters', () => {
  for (const [what, act] of Object.entries(attempts)) {
    test(`a name with control characters stands escaped and cut in the message for ${what}`, async () => {
      const { browser } = setUp({ maxSize: 300 })
      const { session } = await browser.open()
      const message = messageOf(() => act(session))
      assert.doesNotMatch(message, acted)
      assert.match(message, escaped)
    })
  }

  for (const [what, act] of Object.entries(options)) {
    test(`a name with control characters stands escaped and cut in the message for ${what}`, () => {
      const message = messageOf(act)
      assert.doesNotMatch(message, acted)
      assert.match(message, escaped)
    })
  }

  test('a name with control characters stands escaped in the message for a text of another codec', async () => {
    const { browser } = setUp({ codec: { encode: () => 5 as unknown as string, decode: () => 1 } })
    const { session } = await browser.open()
    const message = messageOf(() => session.set(evil, 1))
    assert.doesNotMatch(message, acted)
    assert.match(message, escaped)
  })

  test('a name with control characters stands escaped in the message for an edit in place, and on the console', async (context) => {
    const print = mock.method(console, 'error', () => {})
    context.after(() => print.mock.restore())
    const sessions = createSessionManager<Loose>({ clock: createTestClock() })
    const { session, conclude } = await new Browser(sessions).open()
    session.set(evil, new Map())
    const value = session.get(evil) as Map<string, number>
    value.set('a', 1)
    await assert.rejects(
      async () => conclude(),
      (error: Error) => escaped.test(error.message) && !acted.test(error.message),
    )
    for (const { arguments: printed } of print.mock.calls) assert.doesNotMatch(String(printed), acted)
  })
})
