import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { NodeFields } from '../../src/manager/request/headers.ts'
import { allowsSharedCaches, applyCachePolicy } from '../../src/manager/request/cache-policy.ts'
import type { HeaderFields } from '../../src/manager/request/cache-policy.ts'

type Lines = readonly (readonly [name: string, value: string])[]

/** The two kinds of headers that adapters have. */
const kinds: Readonly<Record<string, (lines: Lines) => HeaderFields>> = {
  Headers: (lines) => new Headers(lines.map(([name, value]): [string, string] => [name, value])),
  'a node head'(lines) {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    for (const [name, value] of lines) response.appendHeader(name, value)
    return new NodeFields(response)
  },
}

/** What Cache-Control says after a policy, and whether something was taken back. */
function edit(policy: 'private' | 'no-store', ...values: readonly string[]): readonly [string, boolean] {
  const results = Object.values(kinds).map((create) => {
    const fields = create(values.map((value) => ['Cache-Control', value]))
    const isTaken = applyCachePolicy(policy, fields)
    return [fields.get('cache-control') ?? '', isTaken] as const
  })
  assert.deepEqual(results[0], results[1], 'both kinds of headers')
  return results[0] as readonly [string, boolean]
}

describe('Cache-Control made private', () => {
  const cases: readonly (readonly [said: readonly string[], sent: string, isTaken: boolean])[] = [
    [[], 'private', false],
    [[''], 'private', false],
    [[' , ,'], 'private', false],
    [['max-age=60'], 'private, max-age=60', false],
    [['max-age=60, must-revalidate'], 'private, max-age=60, must-revalidate', false],
    [['max-age=31536000, immutable'], 'private, max-age=31536000, immutable', false],
    [['max-age=1, stale-while-revalidate=600'], 'private, max-age=1, stale-while-revalidate=600', false],
    [['no-cache'], 'private, no-cache', false],
    [['no-transform'], 'private, no-transform', false],
    [['public'], 'private', true],
    [['public, max-age=60'], 'private, max-age=60', true],
    [['PUBLIC,Max-Age=60'], 'private, Max-Age=60', true],
    [['s-maxage=60'], 'private', true],
    [['S-MaxAge="60", x=y'], 'private, x=y', true],
    [['max-age=60, proxy-revalidate'], 'private, max-age=60', false],
    [['public, public, s-maxage=1, s-maxage=2'], 'private', true],
    [['max-age=60, max-age=70'], 'private, max-age=60, max-age=70', false],
    // What already forbids is enough, and stays as it was written.
    [['private'], 'private', false],
    [['Private , max-age=60'], 'Private , max-age=60', false],
    [['no-store'], 'no-store', false],
    [['max-age=0,No-Store'], 'max-age=0,No-Store', false],
    [['no-store, no-cache, must-revalidate, proxy-revalidate'], 'no-store, no-cache, must-revalidate', false],
    [['private, public'], 'private', true],
    [['no-store, public'], 'no-store', false],
    // RFC 9111, section 5.2.2.7: with an argument, shared caches may keep all but the field.
    [['private="set-cookie"'], 'private', false],
    [['private="a, b", max-age=60'], 'private, max-age=60', false],
    [['private=a'], 'private', false],
    [['private=""'], 'private', false],
    [['private="a", private'], 'private', false],
    [['private="a", no-store'], 'no-store', false],
    [['no-store="a"'], 'private, no-store="a"', false],
    // Quoted strings are arguments, whatever they contain.
    [['no-cache="a, public"'], 'private, no-cache="a, public"', false],
    [['x="\\", public, \\"", max-age=60'], 'private, x="\\", public, \\"", max-age=60', false],
    [['x="private", y="no-store"'], 'private, x="private", y="no-store"', false],
    [['x="a", public'], 'private, x="a"', true],
    // Several lines are one list.
    [['public', 'max-age=60'], 'private, max-age=60', true],
    [['max-age=60', 'private'], 'max-age=60, private', false],
    [['no-cache', 'S-MAXAGE=5'], 'private, no-cache', true],
    // Names that only contain one of those.
    [['republic, not-public, x-s-maxage=1'], 'private, republic, not-public, x-s-maxage=1', false],
    [['privately, no-store-at-all'], 'private, privately, no-store-at-all', false],
    // Malformed: never a prohibition; a permission it names is taken out, and then no cache may keep it.
    [['private; max-age=60'], 'private, private; max-age=60', false],
    [['max-age = 60'], 'private, max-age = 60', false],
    [['public; max-age=60'], 'private, no-store', true],
    [['max-age=60; public, no-cache'], 'private, no-store, no-cache', true],
    [['s-maxage = 60'], 'private, no-store', true],
    [['no-store; public'], 'private, no-store', true],
    [['x="a, public'], 'private, x="a', true],
    [['"public"'], 'private, no-store', true],
    [['public="a'], 'private, no-store', true],
    [['=public'], 'private, no-store', true],
  ]
  for (const [said, sent, isTaken] of cases) {
    test(`${said.join(' | ') || 'nothing'} becomes ${sent}`, () => {
      assert.deepEqual(edit('private', ...said), [sent, isTaken])
      assert.deepEqual(edit('private', sent), [sent, false], 'and stays so')
    })
  }

  test('Cache-Control made private takes time in proportion to its length', () => {
    for (const text of ['"', '\\"', '","', 'a="', ', ', 'public ', 'a=']) {
      const [sent] = edit('private', text.repeat(5000))
      assert.match(sent, /^private/)
    }
  })
})

describe('Cache-Control beside a cookie', () => {
  for (const [said, sent] of [
    ['', 'private, no-store'],
    ['no-cache, no-transform', 'private, no-store, no-transform'],
    ['no-cache; No-Transform', 'private, no-store, no-transform'],
    ['public, max-age=60', 'private, no-store'],
    ['no-store', 'private, no-store'],
    ['x="no-transform"', 'private, no-store'],
    ['no-transformation', 'private, no-store'],
  ] as const) {
    test(`Cache-Control beside a cookie of ${said || 'nothing'} becomes ${sent}`, () => {
      assert.equal(edit('no-store', said)[0], sent)
    })
  }
})

describe('headers for one kind of cache', () => {
  const permissions: Lines = [
    ['CDN-Cache-Control', 'max-age=600'],
    ['cdn-cache-control', 'public'],
    ['Cloudflare-CDN-Cache-Control', 'max-age=600'],
    ['Vercel-CDN-Cache-Control', 'max-age=600'],
    ['Netlify-CDN-Cache-Control', 'public, durable'],
    ['Akamai-Cache-Control', 'max-age=600'],
    ['X-LiteSpeed-Cache-Control', 'public,max-age=60'],
    ['Surrogate-Control', 'max-age=600, content="ESI/1.0"'],
    ['SURROGATE-CONTROL', 'content="ESI/1.0"'],
    ['Edge-Control', '!no-store, cache-maxage=1h'],
    ['X-Accel-Expires', '600'],
    ['X-Accel-Expires', '@1700000000'],
    ['X-Accel-Expires', ''],
    ['CDN-Cache-Control', 'no-store=?0'],
    ['CDN-Cache-Control', 'no-store, no-store=?0'],
    ['CDN-Cache-Control', 'no-store;x'],
    ['CDN-Cache-Control', 'private="a"'],
    ['CDN-Cache-Control', 'private, s-maxage=60'],
    ['CDN-Cache-Control', 'no-store, public'],
  ]
  for (const [kind, create] of Object.entries(kinds)) {
    for (const policy of ['private', 'no-store'] as const) {
      test(`headers for one kind of cache are removed from ${kind} where the session demands ${policy}`, () => {
        for (const [name, value] of permissions) {
          const fields = create([[name, value]])
          assert.equal(allowsSharedCaches(fields), true, name)
          assert.equal(applyCachePolicy(policy, fields), true, `${name}: ${value}`)
          assert.deepEqual([...fields.keys()].toSorted(), ['cache-control', 'vary'], `${name}: ${value}`)
        }
      })

      // Their cache may have been told to ignore Cache-Control, and would keep the page without them.
      test(`headers for one kind of cache stay on ${kind} where they forbid under ${policy}`, () => {
        for (const [name, value] of [
          ['CDN-Cache-Control', 'no-store'],
          ['CDN-Cache-Control', 'private, max-age=60'],
          ['Surrogate-Control', 'no-store'],
          ['X-Accel-Expires', '0'],
        ] as const) {
          const fields = create([[name, value]])
          assert.equal(allowsSharedCaches(fields), false)
          assert.equal(applyCachePolicy(policy, fields), false)
          assert.equal(fields.get(name), value)
        }
      })
    }

    test(`headers for one kind of cache stay on ${kind} where the session demands no more than Vary, or nothing`, () => {
      for (const policy of ['open', 'vary'] as const) {
        const lines = [...permissions, ['Cache-Control', 'public'], ['Expires', 'never']] as Lines
        const fields = create(lines)
        const before = [...fields.keys()]
        assert.equal(applyCachePolicy(policy, fields), false)
        assert.deepEqual(
          [...fields.keys()].filter((name) => name !== 'vary'),
          before,
        )
        assert.equal(fields.get('vary') ?? undefined, policy === 'vary' ? 'Cookie' : undefined)
      }
    })

    test(`headers for one kind of cache are not all that ends alike: other headers stay on ${kind}`, () => {
      const fields = create([
        ['Access-Control-Allow-Origin', '*'],
        ['Expires', 'never'],
        ['Cache-Tag', 'a'],
        ['Pragma', 'public'],
      ])
      assert.equal(applyCachePolicy('private', fields), false)
      const names = [...fields.keys()].toSorted()
      assert.deepEqual(names, [
        'access-control-allow-origin',
        'cache-control',
        'cache-tag',
        'expires',
        'pragma',
        'vary',
      ])
    })

    for (const [lines, expected] of [
      [[], 'Cookie'],
      [['Accept'], 'Accept, Cookie'],
      [['Accept', 'Origin'], 'Accept, Origin, Cookie'],
      [['Accept', 'COOKIE'], 'Accept, COOKIE'],
      [['*'], '*'],
      [['X-Cookie'], 'X-Cookie, Cookie'],
    ] as const) {
      test(`Vary ${lines.join(' | ') || 'that is absent'} becomes ${expected} on ${kind}`, () => {
        const fields = create(lines.map((value) => ['Vary', value]))
        applyCachePolicy('vary', fields)
        assert.equal(fields.get('vary'), expected)
      })
    }
  }
})
