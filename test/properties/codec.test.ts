import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { after, describe, test } from 'node:test'
import { createValueCodec, readDocument } from '../../src/codec/value-codec.ts'
import { losslessCodec } from '../../src/codec/lossless-codec.ts'
import { SessionDecodeError } from '../../src/contract/errors.ts'
import type { SessionRecord } from '../../src/contract/store.ts'
import { watchPrototypes } from '../support/watch-prototypes.ts'
import { anyValue, treacherous } from './any-value.ts'
import { carriedValue, demandSame, web } from './carried-values.ts'

after(watchPrototypes())

const codec = createValueCodec(losslessCodec)

/** Prototypes that a decoded value may have: nobody chooses another one by what he stores. */
const allowed = new Set<object | null>([
  null,
  ...[
    Object,
    Array,
    Date,
    Map,
    Set,
    RegExp,
    URL,
    ArrayBuffer,
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
    URLSearchParams,
    String,
    Number,
    Boolean,
    BigInt,
  ].map(({ prototype }) => prototype as object),
])

function demandHarmless(value: unknown, seen: Set<unknown> = new Set()): void {
  assert.notEqual(typeof value, 'function')
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  assert.ok(allowed.has(Object.getPrototypeOf(value)), 'a prototype was chosen')
  assert.equal(Object.hasOwn(value, '__proto__'), false)
  const parts =
    value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value)
  for (const part of parts) demandHarmless(part, seen)
}

/** Every prototype is afterwards what it was before, whatever happened. */
function withPrototypesKept(run: () => void): void {
  const demandUnchanged = watchPrototypes()
  try {
    run()
  } finally {
    demandUnchanged()
  }
}

/** Decodes what some store holds: to a harmless value, or with an error of ours. */
function decode(text: string): void {
  withPrototypesKept(() => {
    for (const call of ['decode', 'copy'] as const) {
      try {
        const fragment = readDocument({ data: `{"a":${text}}` } as SessionRecord).get('a')
        if (fragment) demandHarmless(codec[call](fragment))
      } catch (error) {
        assert.ok(error instanceof SessionDecodeError, error instanceof Error ? error.stack : String(error))
        assert.equal(error.cause, undefined)
      }
    }
  })
}

const classes = [
  'Date',
  'Map',
  'Set',
  'RegExp',
  'Object',
  'null',
  'BigInt',
  'URL',
  'URLSearchParams',
  'Uint8Array',
  'Float64Array',
  'DataView',
  'ArrayBuffer',
  'View',
  'Temporal.Instant',
  '__proto__',
  'constructor',
  'toString',
]
const index = fc.integer({ min: -8, max: 8 })
/** The notation that stands behind the mark, right and wrong. */
const marked = fc
  .array(
    fc.oneof(
      index,
      fc.string(),
      fc.array(index, { maxLength: 5 }),
      fc.dictionary(fc.constantFrom('a', '__proto__', 'constructor', '0'), index),
      fc.tuple(
        fc.constantFrom(...classes),
        fc.oneof(index, fc.string(), fc.constantFrom('__proto__', 'AAAA', 'not base64')),
      ),
      fc.tuple(fc.constantFrom(...classes), index, index, index),
      fc.constant([-7, 4_294_967_295, 1, 2]),
      fc.constant(['null', '__proto__', 1]),
    ),
    { maxLength: 6 },
  )
  .map((notation) => JSON.stringify({ '~': notation }))

function isRefused(value: unknown): boolean {
  try {
    losslessCodec.encode(value)
    return false
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error))
    return true
  }
}

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  marked,
  fc.constantFrom(
    '{"__proto__":{"isAdmin":true}}',
    '{"a":{"__proto__":1}}',
    '{"~":[{"__proto__":1},{}]}',
    '{"~":-1}',
    '{"~":"x"}',
    '',
  ),
)

describe('the built-in codec', () => {
  test('the built-in codec gives back any tree of what it carries, to the last sign and type', () => {
    withPrototypesKept(() => {
      fc.assert(
        fc.property(carriedValue, (value) =>
          demandSame(losslessCodec.decode(losslessCodec.encode(value)), value),
        ),
        { numRuns: 600 },
      )
    })
  })

  test('the built-in codec gives back any web of references as that web', () => {
    fc.assert(
      fc.property(web, (value) => demandSame(losslessCodec.decode(losslessCodec.encode(value)), value)),
      { numRuns: 600 },
    )
  })

  test('the built-in codec carries any value whatever as it is, or refuses it with a TypeError', () => {
    withPrototypesKept(() => {
      fc.assert(
        fc.property(anyValue, (value) => {
          if (!isRefused(value)) demandSame(losslessCodec.decode(losslessCodec.encode(value)), value)
        }),
        { numRuns: 600 },
      )
      for (const value of treacherous) isRefused({ a: [value] })
    })
  })

  test('the built-in codec decodes any text to a harmless value or with an error of ours, and changes no prototype', () => {
    fc.assert(fc.property(texts, decode), { numRuns: 1500 })
  })

  test('the built-in codec decodes what was damaged in the store to a harmless value or with an error of ours', () => {
    const damage = fc.tuple(
      fc.oneof(carriedValue, web),
      fc.nat(),
      fc.nat({ max: 3 }),
      fc.constantFrom('', '-', '0', '9', '"', '[', ']', '{', '}', ',', ':', '~', 'e9', '__proto__'),
    )
    fc.assert(
      fc.property(damage, ([value, position, length, put]) => {
        const text = losslessCodec.encode(value)
        const at = position % text.length
        decode(text.slice(0, at) + put + text.slice(at + length))
      }),
      { numRuns: 1500 },
    )
  })

  test('the built-in codec decodes by itself, as part of another codec, to a harmless value or throws, and changes no prototype', () => {
    fc.assert(
      fc.property(fc.oneof(texts, marked), (text) => {
        withPrototypesKept(() => {
          let value: unknown
          try {
            value = losslessCodec.decode(text)
          } catch {
            return
          }
          demandHarmless(value)
        })
      }),
      { numRuns: 1500 },
    )
  })
})
