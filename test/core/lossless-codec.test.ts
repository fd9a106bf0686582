import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import vm from 'node:vm'
import * as fc from 'fast-check'
import { losslessCodec } from '../../src/codec/lossless-codec.ts'
import { Browser, setUp } from './harness.ts'

function roundTrip(value: unknown): unknown {
  return losslessCodec.decode(losslessCodec.encode(value))
}

const typedArray = fc.oneof(
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '"', '\\', '\0', '~', '</', '\u2028') }),
)
const name = text.filter((each) => each !== '__proto__')

/** Everything a session carries. */
const { value: carried } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    text,
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.date({ noInvalidDate: false }),
    typedArray,
    fc.constantFrom(
      null,
      undefined,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      new URL('https://a.example/b?c#d'),
      /a\/b/giu,
    ),
    fc.uint8Array().map((bytes) => bytes.slice().buffer),
  ),
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5 }),
    fc.array(fc.tuple(tie('leaf'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 4 }).map((values) => new Set(values)),
  ),
}))

/** The key __proto__ is refused, at any depth. */
const carriedJson = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'))

describe('the lossless codec', () => {
  test('the lossless codec gives back every JSON value', () => {
    fc.assert(fc.property(carriedJson, (value) => assert.deepStrictEqual(roundTrip(value), value)))
  })

  test('the lossless codec writes plain JSON as plain JSON', () => {
    fc.assert(
      fc.property(carriedJson, (value) => {
        fc.pre(!JSON.stringify(value).includes('"~"') && !containsMinusZero(value))
        assert.equal(losslessCodec.encode(value), JSON.stringify(value))
      }),
    )
  })

  test('the lossless codec gives back everything it carries, to the last sign and type', () => {
    fc.assert(
      fc.property(carried, (value) => assert.deepStrictEqual(roundTrip(value), value)),
      { numRuns: 2000 },
    )
  })

  test('the lossless codec writes the same text again for what it read', () => {
    fc.assert(
      fc.property(carried, (value) => {
        const once = losslessCodec.encode(value)
        assert.equal(losslessCodec.encode(losslessCodec.decode(once)), once)
      }),
    )
  })

  const values: readonly [string, unknown][] = [
    ['undefined', undefined],
    ['a property that is undefined', { a: undefined }],
    ['minus zero', -0],
    ['minus zero inside', { a: [-0] }],
    ['not a number', Number.NaN],
    ['infinities', [Infinity, -Infinity]],
    ['a bigint beyond 64 bits', 2n ** 100n],
    ['a date', new Date(5)],
    ['an invalid date', new Date(Number.NaN)],
    ['a map with objects as keys', new Map<unknown, unknown>([[{ a: 1 }, new Set([new Date(0)])]])],
    ['a URL', new URL('https://user@a.example:8080/b?c=d#e')],
    ['a regular expression', /a\/b[\]]/dgimsuy],
    ['a sparse array', sparse()],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an object of the shape of the mark', { '~': [1, 2] }],
    ['an object of the shape of the mark, inside', { a: { '~': [['Date', 5]] } }],
    ['an object of the shape of an encoded date', { '~': [['Date', '1970-01-01T00:00:00.000Z']] }],
    [
      'names that mean something to objects',
      JSON.parse('{"constructor":1,"prototype":2,"toString":3,"then":4,"toJSON":5}'),
    ],
    ['lone surrogates', { '\ud800': '\udfff' }],
    ['64 levels', nest(63)],
    ['64 levels around a date', nest(63, new Date(5))],
  ]
  for (const [what, value] of values) {
    test(`the lossless codec carries ${what}`, () => assert.deepStrictEqual(roundTrip(value), value))
  }

  test('the lossless codec carries an object that comes twice as one object', () => {
    const shared = { a: 1 }
    const copy = roundTrip({ left: shared, right: [shared] }) as { left: object; right: object[] }
    assert.deepStrictEqual(copy, { left: { a: 1 }, right: [{ a: 1 }] })
    assert.equal(copy.left, copy.right[0])
  })

  test('the lossless codec carries cycles, through arrays, maps and sets too', () => {
    const knot: Record<string, unknown> = { name: 'knot' }
    knot['self'] = knot
    knot['list'] = [knot]
    knot['map'] = new Map([[knot, knot]])
    knot['set'] = new Set([knot])
    const copy = roundTrip(knot) as typeof knot
    assert.notEqual(copy, knot)
    assert.equal(copy['self'], copy)
    assert.equal((copy['list'] as unknown[])[0], copy)
    assert.equal((copy['map'] as Map<unknown, unknown>).get(copy), copy)
    assert.ok((copy['set'] as Set<unknown>).has(copy))
  })

  test('the lossless codec carries any web of references', () => {
    const links = fc.array(fc.array(fc.nat(7), { maxLength: 4 }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(links, (targets) => {
        const nodes = targets.map((): { links: unknown[] } => ({ links: [] }))
        targets.forEach((each, index) => nodes[index]?.links.push(...each.map((target) => nodes[target])))
        assert.deepStrictEqual(roundTrip(nodes), nodes)
        const copies = roundTrip(nodes) as typeof nodes
        targets.forEach((each, index) => {
          each.forEach((target, place) => assert.equal(copies[index]?.links[place], copies[target]))
        })
      }),
    )
  })

  test('the lossless codec stores of a typed array only the part it shows', () => {
    const bytes = new Uint8Array(1000).fill(7)
    const part = bytes.subarray(10, 12)
    assert.deepStrictEqual(roundTrip(part), new Uint8Array([7, 7]))
    assert.ok(losslessCodec.encode(part).length < 100, 'it holds bytes beside the view')
  })

  test('the lossless codec takes plain objects and arrays of another realm for what they are', () => {
    const foreign: unknown = vm.runInNewContext('({ list: [1, { a: 2 }] })')
    assert.deepStrictEqual(roundTrip(foreign), { list: [1, { a: 2 }] })
  })

  class Point {
    x = 1
  }
  class Names extends Array {}
  const sparseWithMore = Object.assign(sparse(), { x: 5, y: 6 })
  const refused: readonly [string, unknown, RegExp][] = [
    ['a function', () => {}, /^value: a function cannot be stored in a session$/],
    ['a function inside', { cart: [{ pay() {} }] }, /^value\.cart\[0\]\.pay: /],
    ['a symbol', { a: Symbol('secret') }, /^value\.a: a symbol cannot be stored in a session$/],
    [
      'a symbol as a key',
      { a: { [Symbol('secret')]: 1 } },
      /^value\.a: a symbol key cannot be stored in a session$/,
    ],
    [
      'a class instance',
      { point: new Point() },
      /^value\.point: an instance of Point cannot be stored in a session$/,
    ],
    [
      'an instance of a class without a name',
      {
        a: new (class {
          x = 1
        })(),
      },
      /^value\.a: an instance of .* cannot be stored in a session$/,
    ],
    ['a promise', [Promise.resolve()], /^value\[0\]: .*Promise/],
    ['an error', new Error('secret'), /^value: .*Error/],
    ['a WeakMap', new WeakMap(), /WeakMap/],
    ['a Buffer', { a: Buffer.from('x') }, /^value\.a: .*Buffer/],
    ['a DataView', new DataView(new ArrayBuffer(1)), /DataView/],
    ['a view of shared memory', { a: new Uint8Array(new SharedArrayBuffer(4)) }, /^value\.a: /],
    ['a view of memory that was given away', { a: detached() }, /^value\.a: /],
    ['a boxed number', Object(5), /Number/],
    ['a boxed string', Object('secret'), /String/],
    ['a subclass of Map', new (class Index extends Map {})(), /Index/],
    ['a subclass of Date', new (class Day extends Date {})(), /Day/],
    ['a subclass of Array', { a: Names.from([1, 2]) }, /^value\.a: .*Names/],
    ['a session cookie jar', new Proxy({ a: () => {} }, {}), /^value\.a: /],
    ['an array with added properties', Object.assign([1], { x: 5 }), /added properties/],
    ['a sparse array with added properties', sparseWithMore, /added properties/],
    ['a map with added properties', Object.assign(new Map(), { x: 5 }), /added properties/],
    ['a date with added properties', Object.assign(new Date(), { x: 5 }), /added properties/],
    ['a typed array with added properties', Object.assign(new Uint8Array(2), { x: 5 }), /added properties/],
    ['the key __proto__', JSON.parse('{"a":{"__proto__":1}}'), /^value\.a: .*__proto__/],
    ['65 levels', nest(64), /more than 64 levels/],
    ['65 levels around a date', nest(64, new Date()), /more than 64 levels/],
    ['a function in a map', { a: new Map([[1, () => {}]]) }, /^value\.a\(value\): .*function/],
    ['a symbol in a set', new Set([Symbol('x')]), /^value.*: .*symbol/],
  ]
  for (const [what, value, message] of refused) {
    test(`the lossless codec refuses ${what} with its path`, () => {
      assert.throws(() => losslessCodec.encode(value), { name: 'TypeError', message })
    })
  }

  test('the lossless codec encodes anything at all losslessly or throws a TypeError', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withObjectString: true,
    })
    fc.assert(
      fc.property(anything, (value) => {
        let encoded: string
        try {
          encoded = losslessCodec.encode(value)
        } catch (error) {
          assert.ok(error instanceof TypeError, String(error))
          return
        }
        assert.deepStrictEqual(losslessCodec.decode(encoded), value)
      }),
      { numRuns: 2000 },
    )
  })

  test('the lossless codec survives the way through a session and its store', async () => {
    await fc.assert(
      fc.asyncProperty(carried, async (value) => {
        const { sessions } = setUp({ maxSize: 10_000_000 })
        const browser = new Browser(sessions)
        await browser.visit((session) => session.set('value', value))
        assert.deepStrictEqual(await browser.see((session) => session.get('value')), value)
      }),
      { numRuns: 200 },
    )
  })
})

function nest(levels: number, core: unknown = 1): unknown {
  let value = core
  for (let level = 0; level < levels; level += 1) value = [value]
  return typeof core === 'object' ? value : [value]
}

function containsMinusZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(containsMinusZero)
  return Object.is(value, -0)
}

/** Four places, two of them empty. */
function sparse(): number[] {
  const values = [1]
  values[2] = 3
  values.length = 4
  return values
}

/** A view whose memory now belongs to somebody else. */
function detached(): Uint8Array {
  const view = new Uint8Array(4)
  structuredClone(view.buffer, { transfer: [view.buffer] })
  return view
}
