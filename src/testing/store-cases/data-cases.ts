import { assertAnswer, assertHolds } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

const texts: Readonly<Record<string, string>> = {
  'the empty text': '',
  'quotes and backslashes': `{"a":"it's \\"quoted\\" and \\\\ back"}`,
  'white space at both ends': ' \t\r\n{"a":1}\n\n ',
  'escaped NUL': '{"a":"\\u0000b"}',
  'characters beyond the basic plane': '"🎟️ \u{10FFFF} 𝒳 e\u0301 \u00e9 \u2028\u2029 \ufeff عربى"',
  'what looks like a parameter': '? ?1 $1 :a @b %s %d {0} ${x} \\x00',
  'what looks like SQL': `'); drop table coatcheck_sessions; --`,
  'what looks like a prototype': '{"__proto__":{"admin":true},"constructor":1}',
  'digits alone': '0012345678901234567890.50',
  '100 kB': JSON.stringify({ text: 'päck'.repeat(20_000) }),
}

const hostileNames = [
  "' or '1'='1",
  '"; drop table x; --',
  '*?[a-z]^\\',
  '{a}:b:c',
  '%_%',
  '../../etc/passwd',
  'a b\tc',
]

/** Data comes back byte for byte, and no name is more than a name. */
export const dataCases: readonly StoreCase[] = [
  ...Object.entries(texts).map(
    ([name, data]): StoreCase => ({
      name: `data comes back as it was: ${name}`,
      async run({ store, now, stored, change }) {
        const record = await stored({ data })
        assertHolds('read', await store.read(record.key, now), { data })
        const next = change(record, { data: `${data}${data}` })
        assertAnswer('commit', await store.commit(record.key, expectationOf(record), next, now), true)
        assertHolds('read', await store.read(record.key, now), { data: `${data}${data}` })
      },
    }),
  ),
  {
    name: 'details come back as they were',
    async run({ store, now, stored }) {
      const details = `{"agent":"O'Brien \\"🎟️\\" \u2028"}`
      const record = await stored({ details })
      assertAnswer('read', await store.read(record.key, now), record)
    },
  },
  {
    name: 'keys and handles are bound as text, whatever they hold',
    async run({ store, now, stored, change }) {
      const bystander = await stored()
      for (const name of hostileNames) {
        const record = await stored({ key: `${name}${randomHex(8)}`, handle: name })
        assertAnswer('read', await store.read(record.key, now), record)
        assertAnswer('touch', await store.touch(record.key, now + 1, now + 60_001, now), true)
        assertAnswer(
          'commit',
          await store.commit(record.key, expectationOf(record), change(record), now),
          true,
        )
        assertAnswer('delete', await store.delete(record.key), true)
      }
      assertAnswer('read', await store.read(bystander.key, now), bystander)
    },
  },
  {
    name: 'keys named like members of an object are keys',
    async run({ store, now, record }) {
      for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
        await store.delete(key)
        assertAnswer('read', await store.read(key, now), undefined)
        const named = record({ key })
        assertAnswer('create', await store.create(named, now), true)
        assertAnswer('read', await store.read(key, now), named)
        assertAnswer('delete', await store.delete(key), true)
      }
    },
  },
  {
    name: 'a key in capitals is another key',
    async run({ store, now, stored }) {
      const record = await stored({ key: `abcdef${randomHex(29)}` })
      assertAnswer('read', await store.read(record.key.toUpperCase(), now), undefined)
    },
  },
]
