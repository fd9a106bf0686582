import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { defaults } from '../../src/manager/resolve-options.ts'

const root = new URL('../..', import.meta.url).pathname
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md', { cwd: root }),
]

function read(file: string): string {
  return readFileSync(root + file, 'utf8')
}

/** The names between the quotes of a union of strings. */
function readUnion(file: string, name: string): string[] {
  const [, body = ''] = new RegExp(`export type ${name} =([^;]*?)\\n\\n`).exec(read(file)) ?? []
  return [...body.matchAll(/'([^']+)'/g)].map(([, member = '']) => member)
}

/** A default as the page writes it. One that is absent, or an empty list, is called none. */
function describeDefault(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none'
  return typeof value === 'string' ? `\`'${value}'\`` : `\`${String(value)}\``
}

describe('the documents', () => {
  for (const page of pages) {
    test(`${page}: its links lead to files that exist`, () => {
      const prose = read(page).replaceAll(/^```[\s\S]*?^```/gm, '')
      for (const [, target = ''] of prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^https?:/.test(target)) continue
        assert.ok(existsSync(join(root, dirname(page), target)), `${page} links to ${target}`)
      }
    })

    test(`${page}: the files it names exist`, () => {
      const names = read(page).matchAll(/`((?:src|test|docs|scripts|bench|examples)\/[\w./-]*[\w/])`/g)
      for (const [, name = ''] of names) assert.ok(existsSync(root + name), `${page} names ${name}`)
    })

    test(`${page}: the npm scripts it names exist`, () => {
      for (const [, name = ''] of read(page).matchAll(/npm run ([\w:-]+)/g)) {
        assert.ok(name in manifest.scripts, `${page} names npm run ${name}`)
      }
    })
  }

  test('every import path they and the doc comments name is exported', () => {
    const texts = [...pages, ...globSync('src/**/*.ts', { cwd: root })].map(
      (file) => [file, read(file)] as const,
    )
    for (const [file, text] of texts) {
      for (const [, path = ''] of text.matchAll(/['"`]coatcheck(\/[\w/-]+)['"`]/g)) {
        assert.ok(`.${path}` in manifest.exports, `${file} names coatcheck${path}`)
      }
    }
  })

  test('the list of decisions has every note', () => {
    const list = read('docs/decisions/README.md')
    for (const name of globSync('docs/decisions/0*.md', { cwd: root }))
      assert.ok(list.includes(`(${name.replace('docs/decisions/', '')})`), name)
  })

  describe('docs/options.md', () => {
    const page = read('docs/options.md')
    const derived: Readonly<Record<string, string>> = {
      idleTimeout: '`maxAge`',
      touchEvery: 'a tenth of `idleTimeout`, an hour at most',
      store: '`memoryStore()`',
      realm: "the cookie's name",
      maxSessionsPerUser: '`100`, or `Infinity` with a store without an index',
      codec: '`losslessCodec`',
      clock: '`systemClock`',
    }
    const { cookie, ...others } = defaults
    const entries = [
      ...Object.entries(cookie).map(([name, value]) => [`cookie.${name}`, value] as const),
      ...Object.entries(others),
    ].map(([name, value]) => [name, derived[name] ?? describeDefault(value)] as const)

    test('docs/options.md knows every option of the interfaces', () => {
      const names = ['manager/session-options.ts', 'cookie/cookie-options.ts'].flatMap((file) => {
        const [, body = ''] =
          /export interface (?:Session|Cookie)Options \{([\s\S]*?)\n\}/.exec(read(`src/${file}`)) ?? []
        return [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name = '']) => name)
      })
      assert.ok(names.length >= 31)
      assert.deepEqual(
        names.filter((name) => name !== 'cookie').toSorted(),
        entries.map(([name]) => name.replace('cookie.', '')).toSorted(),
      )
    })

    for (const [name, value] of [...entries, ['onSaveError', undefined] as const]) {
      test(`${name}: has an entry with its default, and a row that links to it`, () => {
        const link = `[\`${name}\`](#${name.replace('.', '').toLowerCase()})`
        const [, , inTable = ''] =
          page
            .split('\n')
            .find((line) => line.startsWith(`| ${link} `))
            ?.split('|') ?? []
        assert.ok(inTable, `no row for ${name}`)
        const [, entry = ''] = page.split(`\n### ${name}\n\n`)
        const [types = ''] = entry.split('\n\n')
        assert.match(types, /^Type /, `no entry for ${name}`)
        if (value === undefined) return
        assert.equal(inTable.trim(), value)
        const stated = types.replaceAll(/\[(`\w+`)\]\(#\w+\)/g, '$1').replaceAll(/\s+/g, ' ')
        assert.ok(stated.includes(`default ${value}`), `${name}: ${stated} does not say default ${value}`)
      })
    }

    test('docs/options.md has no entry for anything else', () => {
      const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading)
      assert.deepEqual(headings.toSorted(), [...entries.map(([name]) => name), 'onSaveError'].toSorted())
    })
  })

  describe('docs/events-and-errors.md has an entry', () => {
    const page = read('docs/events-and-errors.md')
    const has = (heading: string): void => assert.ok(page.includes(`\n${heading}\n`), heading)
    const events = read('src/manager/events.ts')

    test('docs/events-and-errors.md has an entry for each event', () => {
      const types = [...events.matchAll(/readonly type: '([^']+)'/g)].map(([, type = '']) => type)
      assert.equal(types.length, 15)
      for (const type of types) has(`### ${type}`)
    })

    test('docs/events-and-errors.md has an entry for each reason of an event', () => {
      const rejected = readUnion('src/manager/events.ts', 'RejectionReason')
      const dropped = readUnion('src/manager/events.ts', 'DropReason')
      assert.deepEqual([rejected.length, dropped.length], [5, 5])
      for (const reason of rejected) has(`#### rejected: ${reason}`)
      for (const reason of dropped) has(`#### dropped: ${reason}`)
      const [during = [], evicted = []] = [
        /readonly during: (.*)/,
        /type: 'evicted'; readonly reason: ([^;]*)/,
      ]
        .map((pattern) => pattern.exec(events)?.[1] ?? '')
        .map((union) => [...union.matchAll(/'([^']+)'/g)].map(([, member = '']) => member))
      assert.deepEqual([during.length, evicted.length], [7, 2])
      for (const place of during) has(`#### failed during ${place}`)
      for (const reason of evicted) has(`#### evicted: ${reason}`)
    })

    test('docs/events-and-errors.md has an entry for each class of errors, with its code', () => {
      const errors = read('src/contract/errors.ts')
      const classes = [
        ...errors.matchAll(
          /export class (\w+) extends SessionError \{\n {2}static override readonly code = '(\w+)'/g,
        ),
      ]
      assert.deepEqual(
        classes.map(([, , code]) => code),
        readUnion('src/contract/errors.ts', 'SessionErrorCode'),
      )
      assert.equal(classes.length, 6)
      for (const [, name = '', code = ''] of classes)
        assert.ok(page.includes(`\n### ${name}\n\n\`${code}\``), name)
      has('### TypeError')
    })

    test('docs/events-and-errors.md has an entry for each reason of a conflict, and for each call of the store that fails', () => {
      const reasons = readUnion('src/contract/errors.ts', 'SessionConflictReason')
      assert.equal(reasons.length, 6)
      for (const reason of reasons) has(`#### conflict: ${reason}`)
      const [, section = ''] = /\n### SessionStoreError\n([^#]*)/.exec(page) ?? []
      const operations = readUnion('src/contract/errors.ts', 'StoreOperation')
      assert.equal(operations.length, 11)
      for (const operation of operations) assert.ok(section.includes(`\`${operation}\``), operation)
    })
  })

  test('every export of the package stands in the README', () => {
    const readme = read('README.md')
    for (const subpath of Object.keys(manifest.exports)) {
      if (subpath === './package.json') continue
      assert.ok(readme.includes(`coatcheck${subpath.slice(1)}`), `README.md does not name ${subpath}`)
    }
  })
})
