// A store carries text and must never interpret it. These cases cover what databases, drivers and
// shells are known to trim, decode, truncate, case-fold or execute. Data altered on the way is noticed
// only when a user misses it; a name that is interpreted is an injection (CWE-89).
//
// To pass: bind values as parameters and keep data in a type that does not convert character sets
// (`text` in UTF-8 with a binary collation, or bytes). Do not use the database's JSON type: it may sort
// keys, round numbers and drop duplicate keys.

import type { SessionRecord } from '../../contract/store.ts'
import { assertAnswer, assertHolds, assertHoldsOrRefuses } from '../assert-answer.ts'
import { expectationOf, randomHex } from '../sample-record.ts'
import type { StoreCase } from '../store-case.ts'

// Each is written by `create` and by `commit`, which often use different code.
const texts: Readonly<Record<string, string>> = {
  'an empty string': '',
  'quotes and backslashes': `{"a":"it's \\"quoted\\" and \\\\ back"}`,
  'leading and trailing white space': ' \t\r\n{"a":1}\n\n ',
  'an escaped NUL': '{"a":"\\u0000b"}',
  'characters outside the Basic Multilingual Plane':
    '"🎟️ \u{10FFFF} 𝒳 e\u0301 \u00e9 \u2028\u2029 \ufeff عربى"',
  'text that looks like parameters': '? ?1 $1 :a @b %s %d {0} ${x} \\x00',
  'text that looks like SQL': `'); drop table coatcheck_sessions; --`,
  'text that looks like a prototype': '{"__proto__":{"admin":true},"constructor":1}',
  'digits only': '0012345678901234567890.50',
  '100 kB': JSON.stringify({ text: 'päck'.repeat(20_000) }),
}

// No real key looks like these. They show whether keys are bound or concatenated into commands.
const hostileNames = [
  "' or '1'='1",
  '"; drop table x; --',
  '*?[a-z]^\\',
  '{a}:b:c',
  '%_%',
  '../../etc/passwd',
  'a b\tc',
]

/** What a store promises about data and keys: they are stored byte for byte and never interpreted. */
export const dataCases: readonly StoreCase[] = [
  ...Object.entries(texts).map(
    ([name, data]): StoreCase => ({
      // Catches trimming, Unicode normalization, parsing and re-serializing, lone surrogates, and
      // columns that are too short.
      name: `data comes back unchanged: ${name}`,
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
    // This is far above `maxSize`, so a limit is fine. Silent truncation is not: the rest would be
    // unreadable JSON.
    name: 'a megabyte of data comes back whole or is refused with an error',
    async run({ store, now, stored, change, record }) {
      const data = JSON.stringify('x'.repeat(1_000_000))
      const large = record({ data })
      const small = await stored()
      const writes = [
        [large.key, () => store.create(large, now)],
        [small.key, () => store.commit(small.key, expectationOf(small), change(small, { data }), now)],
      ] as const
      for (const [key, write] of writes) {
        const writeAndRead = async (): Promise<SessionRecord | undefined> => {
          await write()
          return store.read(key, now)
        }
        await assertHoldsOrRefuses('read', writeAndRead, { data })
      }
    },
  },
  {
    // Catches a length counted in bytes, Latin-1 columns, and Oracle's treatment of an empty string as
    // null.
    name: 'details come back unchanged',
    async run({ store, now, stored, change }) {
      const agent = `{"agent":"O'Brien \\"🎟️\\" \u2028"}`
      for (const details of [agent, '', 'ß'.repeat(1024)]) {
        const record = await stored({ details })
        assertAnswer('read', await store.read(record.key, now), record)
        const plain = await stored()
        const next = change(plain, { details })
        assertAnswer('commit', await store.commit(plain.key, expectationOf(plain), next, now), true)
        assertAnswer('read', await store.read(plain.key, now), { ...plain, ...next })
      }
    },
  },
  {
    // Catches SQL, glob patterns and paths built by concatenation. The bystander shows whether a
    // pattern matched more than one row.
    name: 'keys and handles are treated as plain text, whatever they contain',
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
    // Catches a plain object used as a map, on which `__proto__` is not an ordinary key (CWE-1321).
    name: 'keys named like object members are ordinary keys',
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
    // Catches case-insensitive collations, space padding and prefix indexes: each would let one session
    // be found under the key of another.
    name: 'a key that is shorter, longer, upper-case or different at its end is another key',
    async run({ store, now, stored }) {
      const key = `abcdef${randomHex(28)}ab`
      const record = await stored({ key })
      const longer = `${key}0`
      const others = [key.toUpperCase(), key.slice(0, -1), key.slice(0, 32), longer, `${key} `]
      for (const other of others) assertAnswer('read', await store.read(other, now), undefined)
      const twins = [await stored({ key: `${key.slice(0, -1)}c` }), await stored({ key: longer })]
      for (const each of [record, ...twins]) assertAnswer('read', await store.read(each.key, now), each)
      assertAnswer('delete', await store.delete(longer), true)
      assertAnswer('read', await store.read(key, now), record)
    },
  },
]
