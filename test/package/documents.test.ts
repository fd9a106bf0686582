import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'

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
    let found = 0
    for (const [file, text] of texts) {
      for (const [, path = ''] of text.matchAll(/['"`]coatcheck(\/[\w/-]+)['"`]/g)) {
        found += 1
        assert.ok(`.${path}` in manifest.exports, `${file} names coatcheck${path}`)
      }
    }
    assert.ok(found > 30, `${found} paths found`)
  })

  test('the list of decisions has every note', () => {
    const list = read('docs/decisions/README.md')
    for (const name of globSync('docs/decisions/0*.md', { cwd: root }))
      assert.ok(list.includes(`(${name.replace('docs/decisions/', '')})`), name)
  })

  test('the README has every error code and every option', () => {
    const readme = read('README.md')
    const options = [...read('src/manager/session-options.ts').matchAll(/^ {2}(\w+)\?:/gm)]
    assert.ok(options.length >= 16)
    for (const [, option = ''] of options) assert.ok(readme.includes(`| \`${option}`), option)
  })

  describe('docs/events-and-errors.md has an entry', () => {
    const page = read('docs/events-and-errors.md')
    const has = (heading: string): void => assert.ok(page.includes(`\n${heading}\n`), heading)
    const events = read('src/manager/events.ts')

    test('for each event', () => {
      const types = [...events.matchAll(/readonly type: '([^']+)'/g)].map(([, type = '']) => type)
      assert.equal(types.length, 15)
      for (const type of types) has(`### ${type}`)
    })

    test('for each reason of an event', () => {
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

    test('for each class of errors, with its code', () => {
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

    test('for each reason of a conflict, and for each call of the store that fails', () => {
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
      assert.ok(readme.includes(`coatcheck${subpath.slice(1)}`), subpath)
    }
  })
})
