import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '"', '\\', '\0', '~', '</', '\u2028', '__proto__') }),
)
const name = fc
  .oneof(text, fc.constantFrom('~', 'constructor', 'prototype', 'toString', 'then', '0', ''))
  .filter((each) => each !== '__proto__')

const leaf = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.date({ noInvalidDate: false }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }).map((url) => new URL(url)),
  fc.constantFrom<unknown>(null, undefined, -0, Number.NaN, Infinity, -Infinity, /a\/b/giu, /[\n\u2028]/y),
  fc.uint8Array().map((bytes) => bytes.slice().buffer),
  fc.oneof(
    fc.int8Array(),
    fc.uint8ClampedArray(),
    fc.int16Array(),
    fc.uint32Array(),
    fc.float32Array(),
    fc.float64Array(),
    fc.bigInt64Array(),
    fc.bigUint64Array(),
  ),
)

/** Everything a session carries, as a tree. */
export const carriedValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: false }),
    fc.array(fc.tuple(leaf, tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => new Set(values)),
  ),
})).value

type Node = unknown[] | Record<string, unknown> | Map<unknown, unknown> | Set<unknown>
const empties: (() => Node)[] = [() => [], () => ({}), () => new Map(), () => new Set()]

function link(from: Node, to: unknown): void {
  if (Array.isArray(from)) from.push(to)
  else if (from instanceof Map) from.set(`to ${from.size}`, to).set(to, from.size)
  else if (from instanceof Set) from.add(to)
  else from[`to ${Object.keys(from).length}`] = to
}

/** Containers that hold each other in any way, themselves included, and share leaves. */
export const web: fc.Arbitrary<unknown> = fc
  .record({
    kinds: fc.array(fc.nat({ max: empties.length - 1 }), { minLength: 1, maxLength: 8 }),
    links: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 16 }),
    leaves: fc.array(leaf, { minLength: 1, maxLength: 4 }),
  })
  .map(({ kinds, links, leaves }) => {
    const nodes = kinds.map((kind) => (empties[kind] as () => Node)())
    const targets = [...nodes, ...leaves]
    for (const [from, to] of links) link(nodes[from % nodes.length] as Node, targets[to % targets.length])
    return nodes[0]
  })

/** The parts of a container in their order, keys and values alike. */
function partsOf(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat()
  if (value instanceof Set) return [...value]
  return Object.entries(value).flat()
}

/** Equal in all parts, in the same order and of the same classes, and what is one object there is one object here. */
export function demandSame(found: unknown, expected: unknown, twins: Map<object, object> = new Map()): void {
  if (typeof expected !== 'object' || expected === null)
    return assert.ok(Object.is(found, expected), `${String(found)} is not ${String(expected)}`)
  assert.ok(typeof found === 'object' && found !== null)
  const twin = twins.get(expected)
  if (twin) return assert.equal(found, twin)
  twins.set(expected, found)
  assert.equal(Object.getPrototypeOf(found), Object.getPrototypeOf(expected))
  if (expected instanceof URL) return assert.equal(String(found), String(expected))
  if (
    expected instanceof Date ||
    expected instanceof RegExp ||
    expected instanceof ArrayBuffer ||
    ArrayBuffer.isView(expected)
  ) {
    return assert.ok(isDeepStrictEqual(found, expected))
  }
  const [ours, theirs] = [partsOf(found), partsOf(expected)]
  assert.equal(ours.length, theirs.length)
  for (const [index, part] of theirs.entries()) demandSame(ours[index], part, twins)
}
