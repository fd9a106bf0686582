import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { losslessCodec } from '../../src/codec/lossless-codec.ts'
import { SessionDecodeError } from '../../src/contract/errors.ts'
import { setUp } from './harness.ts'

/** As an encrypting codec does: another text each time, and objects that nobody else has. */
function createCodec() {
  let count = 0
  return {
    encode: (value: unknown) => `${(count += 1)}:${JSON.stringify(value)}`,
    decode: (text: string): unknown => JSON.parse(text.slice(text.indexOf(':') + 1)),
  }
}

describe('a codec of the application', () => {
  test('a codec of the application gives values that may be read, and fails the request that edits one in place', async () => {
    const { browser } = setUp({ codec: createCodec() })
    await browser.visit((session) => session.set('cart', ['scarf']))
    await browser.visit((session) => assert.deepEqual(session.get('cart'), ['scarf']))
    const edit = browser.visit((session) => void (session.get('cart') as string[]).push('coat'))
    await assert.rejects(edit, /TypeError: .*cart/)
    assert.deepEqual(await browser.see((session) => session.get('cart')), ['scarf'])
  })

  test('a codec of the application that fails at the check for edits shows nothing of what it was given', async () => {
    let calls = 0
    const { decode, ...codec } = createCodec()
    const { browser, events } = setUp({
      codec: {
        ...codec,
        decode(text: string) {
          calls += 1
          if (calls > 1) throw new Error(`cannot decode ${text}`)
          return decode(text)
        },
      },
    })
    await browser.visit((session) => session.set('note', { text: 'tell nobody' }))
    await assert.rejects(
      browser.visit((session) => void session.get('note')),
      (error: unknown) => {
        assert.ok(error instanceof SessionDecodeError)
        assert.doesNotMatch(`${error.message} ${String(error.cause)} ${JSON.stringify(events)}`, /nobody/)
        return true
      },
    )
  })

  test('a codec of the application that wraps the built-in one refuses a text that is nested beyond all measure', () => {
    for (const depth of [200, 25_000]) {
      const text = `${'['.repeat(depth)}${']'.repeat(depth)}`
      assert.throws(() => losslessCodec.decode(text), /^TypeError: a stored value is nested too deeply/)
    }
    assert.deepEqual(losslessCodec.decode('[[[]]]'), [[[]]])
  })
})
